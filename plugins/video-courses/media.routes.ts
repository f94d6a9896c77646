import type { Request } from 'express';
import { errors, type Viewer } from '#platform';
import type { VideoHost } from './plugin.ts';
import type { Services } from './services.ts';

/**
 * Lesson videos with byte ranges and their captions, for people who may see the lesson. The file's name is new with every upload, so it is
 * a strong validator by itself.
 */
export function mediaRoutes(host: VideoHost, { access, catalogue, media, requests }: Services): void {
  const visible = async (request: Request) => {
    const { lesson, course } = await catalogue.lesson(String(request.params.lesson));
    if (!request.viewer || !(await access.maySee(request.viewer, course, await request.enrolments()))) {
      throw errors.notFound();
    }
    return lesson;
  };

  host.routes.get('/captions/:lesson', host.signedIn, async (request, response) => {
    const { id, captioned } = await visible(request);
    if (!captioned) throw errors.notFound();
    response.set({ 'Content-Type': 'text/vtt; charset=utf-8', 'Cache-Control': 'private, no-cache' });
    response.send(await catalogue.captions(id));
  });

  host.routes.get('/media/:lesson', host.signedIn, async (request, response, next) => {
    const lesson = await visible(request);
    // Only where it may be credited; the picture does not wait for it.
    if (access.enrolmentIn(await request.enrolments(), lesson.programme)) {
      requests.note((request.viewer as Viewer).id, lesson.id, host.now()).catch((error) => {
        host.log.warn({ err: error }, 'that media was asked for is not written down');
      });
    }
    response.set({
      'Content-Type': lesson.media.type,
      'Content-Disposition': 'inline',
      'Cache-Control': 'private, no-cache',
      ETag: `"${lesson.media.file}"`,
    });
    response.sendFile(lesson.media.file, { root: media.folder, cacheControl: false }, (error) => {
      const { status, code } = (error ?? {}) as { status?: number; code?: string };
      // Players break requests off all the time, also before the first byte.
      if (!error || response.headersSent || code === 'ECONNABORTED') return;
      next(status === 404 ? errors.notFound() : error);
    });
  });
}
