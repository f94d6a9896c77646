/** Looks into arrived videos; runs in a thread of the core's `IsolatedWork`, whose limits end what costs too much. */
import { readContainer, type VideoFacts } from './container.ts';
import { ContainerError, type ContainerProblem } from './container-source.ts';
import { withFile } from './file-source.ts';

export type ContainerAnswer = { facts: VideoFacts } | { problem: ContainerProblem };

/** What `IsolatedWork` calls. */
export async function work(path: string): Promise<ContainerAnswer> {
  try {
    return { facts: await withFile(path, readContainer) };
  } catch (error) {
    if (error instanceof ContainerError) return { problem: error.problem };
    throw error;
  }
}
