import { holds, type Role, type Viewer } from '../accounts/scope.ts';

/** An entry of the side menu; `label` is a full locale key. */
export interface MenuEntry {
  label: string;
  href: string;
  icon: string;
  roles: readonly Role[];
  order: number;
}

/** `label` is a full locale key. */
export type FooterLink = Pick<MenuEntry, 'label' | 'href'>;

export interface Landing {
  roles: readonly Role[];
  href: string;
  order: number;
}

/** What each role does: filled by the core and the plugins at start. */
export class Menu {
  readonly #entries: MenuEntry[] = [];
  readonly #landings: Landing[] = [];
  readonly #footer: FooterLink[] = [];

  add(entry: MenuEntry): void {
    this.#entries.push(entry);
    this.#entries.sort((a, b) => a.order - b.order);
  }

  addLanding(landing: Landing): void {
    this.#landings.push(landing);
    this.#landings.sort((a, b) => a.order - b.order);
  }

  /** A public page that the foot of every page leads to. */
  addFooter(link: FooterLink): void {
    this.#footer.push(link);
  }

  get footer(): readonly FooterLink[] {
    return this.#footer;
  }

  for(viewer: Viewer): MenuEntry[] {
    return this.#entries.filter((entry) => holds(viewer, entry.roles));
  }

  /** Where the viewer starts, or undefined where no landing fits. */
  landingOf(viewer: Viewer): string | undefined {
    return this.#landings.find((landing) => holds(viewer, landing.roles))?.href;
  }
}
