import type { Viewer } from '../accounts/scope.ts';
import type { Language } from '../languages.ts';
import type { Enrolment } from '../programmes/enrolments.service.ts';
import type { Programme } from '../programmes/programmes.service.ts';

export type Translate = (key: string, params?: Record<string, unknown>) => string;

/** What the core puts on every request before a plugin's handler sees it. */
interface RequestContext {
  viewer: Viewer | undefined;
  language: Language;
  /** Short id that the error page shows and the log carries. */
  reference: string;
  /** Texts of the core's namespace, or of another's as `ns:key`. */
  t: Translate;
  /** The viewer's own enrolments, read once per request. */
  enrolments(): Promise<Enrolment[]>;
  /** Programmes that concern the viewer and the one chosen in the top bar, read once per request. */
  programmes(): Promise<{ all: Programme[]; current: Programme | undefined }>;
  /** The token that forms for whoever asks carry. */
  csrf(): string;
}

declare global {
  namespace Express {
    interface Request extends Omit<RequestContext, 'viewer'> {
      viewer?: Viewer | undefined;
    }
    interface Response {
      /**
       * Answers with a page: the view `<plugin>/<name>` or `core/<name>` inside the layout.
       * `locals.layout` names another layout, `locals.status` another status; `locals.parts` maps a place that plugins
       * add to (`lesson.side`) to what it is about there, and the view prints it with `slots(place)`.
       */
      page(view: string, locals: { title: string; [name: string]: unknown }): Promise<void>;
      /** A part of a page without layout, for partial updates. */
      fragment(view: string, locals?: Record<string, unknown>): Promise<void>;
      /** Redirects after a form (303) and says there what has happened. */
      done(href: string, notice?: string, kind?: 'success' | 'info' | 'warning'): void;
    }
  }
}

declare module 'express-session' {
  interface SessionData {
    notice: { kind: string; text: string };
    /** Epoch ms. */
    signedInAt: number;
  }
}
