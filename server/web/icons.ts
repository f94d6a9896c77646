import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

/** Renders an outline icon of @tabler/icons as inline SVG, hidden from assistive technology (the word beside it speaks). */
export type IconRenderer = (name: string, className?: string) => string;

/** The strokes are drawn by components.css: written out, they were a fifth of a page full of badges. */
const attributes = 'width="24" height="24" viewBox="0 0 24 24" aria-hidden="true"';

/**
 * Creates a renderer with its own cache; each file is read once, at its first use.
 * The renderer throws when the set has no such icon: a misspelt name must not pass unseen.
 */
export function createIcons(): IconRenderer {
  const { resolve } = createRequire(import.meta.url);
  const shapes = new Map<string, string>();

  const read = (name: string): string => {
    if (!/^[a-z0-9-]+$/.test(name)) throw new Error(`Not the name of an icon: ${JSON.stringify(name)}`);
    const svg = readFileSync(resolve(`@tabler/icons/outline/${name}.svg`), 'utf8');
    return [...svg.matchAll(/<(?!\/?svg)[^>]+>/g)]
      .map((match) => match[0])
      .filter((tag) => !tag.includes('M0 0h24v24H0z'))
      .join('');
  };

  return (name, className = '') => {
    let shape = shapes.get(name);
    if (shape === undefined) {
      shape = read(name);
      shapes.set(name, shape);
    }
    return `<svg class="icon${className === '' ? '' : ` ${className}`}" ${attributes}>${shape}</svg>`;
  };
}
