// Which edition of the page a document is of: files are named by what is in them, so another edition begins with other files. Nothing is fetched here.

/** The files that a page begins with, in the text of its document. */
export function beginnings(document: string): string[] {
  const found = document.matchAll(/_app\/immutable\/entry\/([\w.-]+\.js)/g);
  return [...new Set([...found].map(([, name = '']) => name))].sort();
}

/** Whether `document` begins a page other than the one that began with `own`. A text that begins none says nothing: it may be a proxy's. */
export function isOther(own: readonly string[], document: string): boolean {
  const theirs = beginnings(document);
  return own.length > 0 && theirs.length > 0 && theirs.join() !== own.join();
}
