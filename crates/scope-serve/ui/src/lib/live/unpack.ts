// Raw DEFLATE to text, by the browser itself.

export const canUnpack = () => typeof DecompressionStream !== 'undefined';

export function unpack(packed: ArrayBuffer): Promise<string> {
  return new Response(new Blob([packed]).stream().pipeThrough(new DecompressionStream('deflate-raw'))).text();
}
