// Everything is drawn in the browser: there is no server of JavaScript.
export const ssr = false;
export const prerender = false;
