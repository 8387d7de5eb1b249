// After the last bench: the figures as a table in Markdown, as docs/benchmarks.md has it.
import { forget, kept, short, type Figure } from './figures';

const line = ({ what, value, budget, unit, beside }: Figure) => {
  const met = budget === undefined ? '' : value <= budget ? 'yes' : '**no**';
  return `| ${what} | ${short(value)} ${unit} | ${budget === undefined ? '' : `${budget} ${unit}`} | ${met} | ${beside ?? ''} |`;
};

export default function report() {
  const figures = kept();
  if (figures.length) {
    const lines = figures.flatMap((figure, at) => [
      ...(figure.part === figures[at - 1]?.part ? [] : [`| **${figure.part}** | | | | |`]),
      line(figure),
    ]);
    process.stdout.write(['', '| | figure | budget | met | beside it |', '| --- | --- | --- | --- | --- |', ...lines, '', ''].join('\n'));
  }
  forget();
}
