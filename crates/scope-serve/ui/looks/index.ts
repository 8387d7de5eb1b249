// After the last picture: a page that shows them side by side, a screen a row.
import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { OUT } from './matrix';

export default function index() {
  if (!existsSync(OUT)) return;
  const looks = readdirSync(OUT, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  const files = looks.flatMap(({ name }) => readdirSync(`${OUT}/${name}`).map((file) => [file, `${name}/${file}`] as const));
  const screens = [...new Set(files.map(([file]) => file))].sort();
  const row = (screen: string) => {
    const pictures = files.filter(([file]) => file === screen).map(([, path]) => `<img src="${path}" title="${path}" loading="lazy">`);
    return `<h2>${screen.replace('.png', '')}</h2><div>${pictures.join('')}</div>`;
  };
  const style = 'body{font:14px sans-serif;background:#777}div{display:flex;gap:8px}img{height:600px}';
  writeFileSync(`${OUT}/index.html`, `<!doctype html><meta charset="utf-8"><style>${style}</style>${screens.map(row).join('')}`);
}
