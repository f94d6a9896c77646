import { trusted } from 'mongoose';
import { errors, type Host, type Stage, type Subject, unscoped, type Viewer } from '#platform';
import { placements } from './placement.ts';
import type { Workshops } from './workshop.service.ts';
import type { WorkshopAccess } from './workshop-access.ts';

interface Deps {
  workshops: Workshops;
  access: WorkshopAccess;
  core: Pick<Host, 'enrolments' | 'progress' | 'audit'>;
}

/** Enrolments moved at once; the recorder commits them in groups of this size. */
const groupSize = 500;

/** Puts enrolments into workshops. */
export class Placement {
  readonly #deps: Deps;
  #last: Promise<unknown> = Promise.resolve();

  constructor(deps: Deps) {
    this.#deps = deps;
  }

  /**
   * Puts every enrolment of a programme that has no workshop into one of its stage and subject, fewest members first.
   * One placement runs at a time, so that two rosters do not fill the same class.
   * @returns how many were placed
   */
  place(programme: string): Promise<number> {
    const run = this.#last.then(() => this.#place(programme));
    this.#last = run.catch(() => {});
    return run;
  }

  /**
   * Moves an enrolment into another workshop of its programme.
   * @throws core:not-found where the viewer does not manage the programme or the enrolment is not in it
   */
  async move(viewer: Viewer, enrolment: string, workshop: string): Promise<void> {
    const { access, core } = this.#deps;
    const { _id: target, programme } = await access.managed(viewer, workshop);
    if (!(await access.holdsFor(viewer, 'manage', programme))) throw errors.notFound();
    const found = await core.enrolments.get(enrolment, unscoped({ programme }));
    if (found.workshop === target) return;
    await core.progress.setWorkshop(enrolment, target);
    const details = { from: found.workshop ?? null, to: target };
    await core.audit.record({ actor: viewer.id, action: 'workshop.move', subject: enrolment, details });
  }

  async #place(programme: string): Promise<number> {
    const { workshops, core } = this.#deps;
    const list = await workshops.storedOf(programme);
    if (list.length === 0) return 0;
    const sums = await core.progress.rollUps.of(
      programme,
      list.map(({ _id }) => `workshop:${_id}`),
    );
    const unplaced: { id: string; stage: Stage; subject: string }[] = [];
    const without = unscoped({ programme, $and: [{ workshop: trusted({ $exists: false }) }] });
    for await (const { _id, stage, subject, state } of core.enrolments.each(without)) {
      if (state !== 'withdrawn') unplaced.push({ id: _id, stage, subject });
    }
    // The oldest accounts first, so that the same people end in the same workshops.
    unplaced.sort((a, b) => (a.id < b.id ? -1 : 1));
    const places = list.map((workshop, index) => ({
      id: workshop._id,
      stage: workshop.stage as Stage,
      subject: workshop.subject as Subject,
      members: sums[index]?.enrolled ?? 0,
    }));
    const moves = [...placements(unplaced, places)];
    for (let start = 0; start < moves.length; start += groupSize) {
      const group = moves.slice(start, start + groupSize);
      await Promise.all(group.map(([enrolment, workshop]) => core.progress.setWorkshop(enrolment, workshop)));
    }
    return moves.length;
  }
}
