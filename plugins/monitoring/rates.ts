/** The rates that pages show, by the definitions printed beside them. Cut off, never rounded up. */

/** Average total in hundredths; 0 where nobody is enrolled. */
export const averageOf = ({ enrolled, total }: { enrolled: number; total: number }): number =>
  enrolled > 0 ? Math.floor(total / enrolled) : 0;

/** A part of a whole in tenths of a percent; 0 of nothing. */
export const permille = (part: number, of: number): number => (of > 0 ? Math.floor((part * 1000) / of) : 0);

/** Which way a figure went against the one it is compared with. */
export function directionOf(value: number, before: number): 'up' | 'down' | 'flat' {
  if (value === before) return 'flat';
  return value > before ? 'up' : 'down';
}
