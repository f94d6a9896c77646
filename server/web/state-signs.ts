type Sign = readonly [tone: 'ok' | 'blue' | 'warn' | 'bad' | 'grey', icon: string];

const signs: Record<string, Sign> = {
  qualified: ['ok', 'circle-check'],
  done: ['ok', 'check'],
  accepted: ['ok', 'circle-check'],
  credited: ['ok', 'check'],
  open: ['ok', 'lock-open'],
  graded: ['ok', 'checks'],
  online: ['ok', 'circle-dot'],
  studying: ['blue', 'player-play'],
  submitted: ['blue', 'send'],
  pending: ['blue', 'clock'],
  running: ['blue', 'loader-2'],
  current: ['blue', 'player-play'],
  featured: ['blue', 'star'],
  behind: ['warn', 'alert-triangle'],
  due: ['warn', 'clock-exclamation'],
  returned: ['warn', 'arrow-back-up'],
  waiting: ['warn', 'hourglass'],
  retrying: ['warn', 'refresh'],
  rejected: ['bad', 'circle-x'],
  failed: ['bad', 'alert-circle'],
  overdue: ['bad', 'calendar-x'],
  unqualified: ['bad', 'circle-x'],
  blocked: ['bad', 'ban'],
  draft: ['grey', 'pencil'],
  enrolled: ['grey', 'user-check'],
  notStarted: ['grey', 'circle-dashed'],
  closed: ['grey', 'lock'],
  withdrawn: ['grey', 'user-minus'],
  offline: ['grey', 'circle'],
  frozen: ['grey', 'snowflake'],
  invited: ['grey', 'mail'],
};

/** The colour and the icon that stand for a state beside its word. */
export const signOf = (state: string): Sign => signs[state] ?? ['grey', 'circle'];
