/** Bytes of a file by position; fewer than asked for at its end. */
export interface ByteSource {
  size: number;
  read(position: number, length: number): Promise<Buffer>;
}

/** The picture of a video. */
export interface VideoStream {
  /** How long there is a picture. */
  seconds: number;
  /** As its container names it, such as `avc1`, `hvc1`, `V_VP9`. */
  codec: string;
}

/** Why a file is not a video that lessons can use; each is a message key. */
export type ContainerProblem =
  | 'not-a-video'
  | 'incomplete'
  | 'no-picture'
  | 'no-length'
  | 'lengths-disagree'
  | 'too-costly';

/** A file that is no playable MP4 or WebM. */
export class ContainerError extends Error {
  readonly problem: ContainerProblem;

  constructor(problem: ContainerProblem) {
    super(problem);
    this.problem = problem;
  }
}
