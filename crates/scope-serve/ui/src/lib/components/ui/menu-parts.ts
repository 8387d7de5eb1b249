// The parts that a menu's lines are made of, handed down by the menu: a line that is written on the page loads nothing until its menu is opened.
import { getContext, setContext } from 'svelte';
import type { DropdownMenu } from 'bits-ui';

const KEY = Symbol('menu');

export const setMenuParts = (parts: typeof DropdownMenu) => setContext(KEY, parts);
export const menuParts = () => getContext<typeof DropdownMenu>(KEY);
