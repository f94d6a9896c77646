import type { Rule } from './rules.ts';

/** One route, for one kind of object: who may, and with which address and body that is asked. */
export interface Line {
  /** Method and pattern as registered. */
  route: string;
  /** The address, with ids of the world in braces; the pattern itself where it has no parameters. */
  at?: string;
  may: Rule;
  /** Who may read the learner's name in the answer, beside the learner; nobody where nothing is said. */
  names?: Rule;
  /** The name is there or not, as time goes by. */
  perhaps?: true;
  /** What is sent by everybody who may not; ids of the world in braces. */
  body?: object;
  /** Who may read of the thing, and so is told “forbidden” rather than “not found”. */
  knows?: Rule;
}
