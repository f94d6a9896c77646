import { Kept } from '../kept.ts';
import type { Language } from '../languages.ts';

/** A measure that a scheme can count; its id is `<plugin>/<name>`. */
export interface MeasureDefinition {
  /** Locale key of the unit's name, in the plugin's namespace. */
  unit: string;
  /** Smallest units in one displayed unit: 60 for minutes kept in seconds, 10 for points kept in tenths. */
  scale: number;
  /** Locale key of the measure's name. */
  label: string;
  /** What it counts for in a new programme of so many hours until somebody says otherwise (design, section 5). */
  usual?(hours: number): { weight: number; full: number; minimum?: number };
}

/** A kind of activity; its keys are `<plugin>/<kind>/<id>`. */
export interface ActivityDefinition {
  /** Name of the plugin's measure that it contributes to. */
  measure: string;
  /** Its title and page for people, or undefined where it is gone. */
  describe(id: string, language: Language): Promise<Description | undefined>;
}

interface Description {
  title: string;
  href: string;
}

/** A measure with its plugin, for people who choose or read one. */
export interface KnownMeasure extends MeasureDefinition {
  id: string;
  plugin: string;
}

const MOST_REMEMBERED = 20_000;

/** What the plugins can contribute to a scheme. Filled at start, read afterwards. */
export class Measures {
  readonly #measures = new Map<string, KnownMeasure>();
  readonly #activities = new Map<string, ActivityDefinition & { plugin: string }>();
  /** Of activities that were asked for: every commit asks for each of an enrolment's. */
  readonly #measureOf = new Map<string, string>();
  readonly #described = new Kept<Description | undefined>(2_000);

  addMeasure(plugin: string, name: string, definition: MeasureDefinition): void {
    this.#measures.set(`${plugin}/${name}`, { ...definition, id: `${plugin}/${name}`, plugin });
  }

  addActivity(plugin: string, kind: string, definition: ActivityDefinition): void {
    if (!this.#measures.has(`${plugin}/${definition.measure}`)) {
      throw new Error(`${plugin}: activity "${kind}" names the unknown measure "${definition.measure}"`);
    }
    this.#activities.set(`${plugin}/${kind}`, { ...definition, plugin });
  }

  all(): KnownMeasure[] {
    return [...this.#measures.values()];
  }

  get(id: string): KnownMeasure | undefined {
    return this.#measures.get(id);
  }

  /** The measure that an activity key contributes to. */
  readonly measureOf = (activity: string): string | undefined => {
    const known = this.#measureOf.get(activity);
    if (known !== undefined) return known;
    const definition = this.#activities.get(activity.slice(0, activity.lastIndexOf('/')));
    if (!definition) return undefined;
    const measure = `${definition.plugin}/${definition.measure}`;
    if (this.#measureOf.size >= MOST_REMEMBERED) this.#measureOf.clear();
    this.#measureOf.set(activity, measure);
    return measure;
  };

  /** The activity's title and page, at most two seconds old; undefined where it is gone. */
  describe(activity: string, language: Language): Promise<Description | undefined> {
    return this.#described.get(`${language} ${activity}`, async () => {
      const slash = activity.lastIndexOf('/');
      return this.#activities.get(activity.slice(0, slash))?.describe(activity.slice(slash + 1), language);
    });
  }
}
