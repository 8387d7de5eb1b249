// The language of the page, found once: every sentence asks for it, and finding it reads the address, what this browser keeps and what it prefers. Another one
// comes with another page.
import { getLocale, overwriteGetLocale } from '../paraglide/runtime';

const locale = getLocale();
overwriteGetLocale(() => locale);
