/** The server's answers, as playing.messages.ts of the plugin declares them. */
export interface Standing {
  credited: number;
  covered: number[];
  played: number[];
  furthest: number;
  position: number;
  complete: boolean;
  dayCredited: number;
  dayCap: number;
}

export interface PresenceCheck {
  token: string;
  secondsLeft: number;
  extensionsLeft: number;
}

export interface ReportReply {
  state: 'playing' | 'check' | 'taken-over' | 'ended' | 'outside-term';
  seq: number;
  standing?: Standing;
  reasons: { reason: string; seconds: number; from: number; to: number }[];
  refused: string[];
  presence?: PresenceCheck;
}

export type StartReply =
  | { state: 'elsewhere'; lesson: string; title: string; session: string; enrolment: string }
  | {
      state: 'playing';
      session: string;
      token: string;
      enrolment: string;
      length: number;
      beatSeconds: number;
      leaseSeconds: number;
      seekLock: boolean;
      standing: Standing;
      /** A check that was open already. */
      presence?: PresenceCheck;
    };

export interface AnswerReply {
  answer: 'answered' | 'late' | 'wrong' | 'none' | 'taken-over';
}

/** An answer to a presence check as it was given. */
export interface GivenAnswer {
  /** The check's token. */
  presence: string;
  /** How long the question had been shown, ms. */
  shownMs: number;
  /** This browser's clock, epoch ms. */
  answeredAt: number;
}

/** One report of what was played; kept until the server has answered for it. */
export interface Beat {
  seq: number;
  ranges: [number, number][];
  rate: number;
  /** This browser's clock, epoch ms. */
  sentAt: number;
  final?: boolean;
  /** False where the browser played the sound alone. */
  picture?: boolean;
}

/** What beats are sent under. */
export interface Session {
  token: string;
  enrolment: string;
  lesson: string;
}
