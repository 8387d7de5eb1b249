// What sums rise by in a second. A sum that fell began anew: that tells nothing.

type Sums = Readonly<Record<string, number | undefined>>;

export class Rates {
  #at: number | undefined;
  #sums: Sums = {};

  next<S extends Sums>(at: number, sums: S): { [K in keyof S]: number | undefined } | undefined {
    const before = this.#at;
    if (!Number.isFinite(at) || (before !== undefined && at <= before)) return undefined;
    const seconds = before === undefined ? 0 : (at - before) / 1000;
    const old = this.#sums;
    this.#at = at;
    this.#sums = sums;
    if (seconds === 0) return undefined;
    const rates = Object.entries(sums).map(([name, sum]) => {
      const last = old[name];
      return [name, sum === undefined || last === undefined || sum < last ? undefined : (sum - last) / seconds];
    });
    return Object.fromEntries(rates) as { [K in keyof S]: number | undefined };
  }
}
