import type { Viewer } from '#platform';
import type { VideoHost } from './plugin.ts';

const noteId = (viewer: Viewer, lesson: string): string => `${viewer.id}|${lesson}`;

/** The viewer's own notes on a lesson; nobody else reads them. */
export async function readNote(host: VideoHost, viewer: Viewer, lesson: string): Promise<string> {
  const note = await host.models.notes.findById(noteId(viewer, lesson)).lean();
  return note?.text ?? '';
}

export async function writeNote(host: VideoHost, viewer: Viewer, lesson: string, text: string): Promise<void> {
  const set = { learner: viewer.id, lesson, text, at: new Date() };
  await host.models.notes.updateOne({ _id: noteId(viewer, lesson) }, { $set: set }, { upsert: true });
}
