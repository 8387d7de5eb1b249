// Part of the document itself: says so where the page could not be loaded, instead of staying blank. A network that changed is the usual reason, and over in a
// moment: once it is tried again without asking.
(() => {
  const KEY = 'scope.retried';
  const german = () => {
    try {
      return (localStorage.getItem('PARAGLIDE_LOCALE') ?? navigator.language).startsWith('de');
    } catch {
      return navigator.language.startsWith('de');
    }
  };
  const retriedBefore = () => {
    try {
      const before = Number(sessionStorage.getItem(KEY));
      sessionStorage.setItem(KEY, String(Date.now()));
      return Date.now() - before < 60_000;
    } catch {
      return true;
    }
  };
  // A page without its stylesheet works, and nobody can read it. What did not arrive is a sheet that cannot be read.
  addEventListener('load', () => {
    const lost = [...document.querySelectorAll('link')].some(({ rel, sheet }) => {
      try {
        return rel === 'stylesheet' && !sheet?.cssRules;
      } catch {
        return true;
      }
    });
    if (lost && !retriedBefore()) location.reload();
  });
  addEventListener('unhandledrejection', (event) => {
    // From the first thing drawn on, the page speaks for itself.
    if (document.body.querySelector(':not(script):not(.contents)')) return;
    event.preventDefault();
    if (!retriedBefore()) {
      setTimeout(() => location.reload(), 1000);
      return;
    }
    const [said, button] = [document.createElement('p'), document.createElement('button')];
    said.textContent = german() ? 'Die Seite konnte nicht vollständig geladen werden.' : 'The page could not be loaded completely.';
    button.textContent = german() ? 'Erneut versuchen' : 'Try again';
    button.onclick = () => location.reload();
    const box = document.createElement('main');
    box.setAttribute('role', 'alert');
    box.append(said, button);
    box.style.cssText =
      'display:grid;gap:1rem;justify-items:center;align-content:center;min-height:100dvh;padding:1rem;font-family:sans-serif';
    document.body.append(box);
    document.documentElement.lang = german() ? 'de' : 'en';
  });
})();
