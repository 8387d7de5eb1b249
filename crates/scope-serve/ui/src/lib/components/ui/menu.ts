// How the lines of menus and lists look.
export const menuLine =
  'flex w-full min-h-7 items-center gap-2 rounded px-2 py-1 text-left outline-none select-none data-highlighted:bg-raised data-disabled:opacity-50 pointer-coarse:min-h-10 [&_svg]:size-4 [&_svg]:shrink-0 [&_svg]:text-muted';
