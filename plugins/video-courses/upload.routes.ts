import { errors, type Viewer } from '#platform';
import { addedNotice, isSeenByFew } from './added-notice.ts';
import { readLessonFields } from './manage.routes.ts';
import type { VideoHost } from './plugin.ts';
import type { Services } from './services.ts';
import { receiveUpload } from './upload.ts';

/**
 * `POST /video-courses/courses/:id/lessons`: a multipart form with `titleZh`, `titleEn`, `chapters` and one `video`.
 * A form is answered with a redirect, everybody else with `{ id, codec, warning? }`.
 */
export function uploadRoutes(host: VideoHost, { access, authoring, catalogue, media }: Services): void {
  host.routes.post('/courses/:id/lessons', host.allow('author'), async (request, response) => {
    const viewer = request.viewer as Viewer;
    const t = host.translate(request.language);
    const course = await catalogue.course(String(request.params.id));
    await access.author(viewer, course.programme);
    const { fields, path } = await receiveUpload(request, media, host.settings.uploadMegabytes * 1024 * 1024);
    const form = readLessonFields(fields, request.language, t);
    if (!form.ok) {
      await media.discard(path);
      throw errors.invalid(Object.entries(form.errors).map(([field, message]) => ({ path: field, message })));
    }
    const id = await authoring.addLesson({ course: course.id, ...form.value }, path, viewer);
    const { media: facts } = (await catalogue.lesson(id)).lesson;
    const { codec } = facts;
    const warning = isSeenByFew(facts) ? t('manage.pictureNotSeen') : undefined;
    if (request.accepts(['html', 'json']) === 'json') {
      response.status(201).json({ id, codec, ...(warning && { warning }) });
      return;
    }
    const { text, kind } = addedNotice(facts, t);
    response.done(`/video-courses/manage/courses/${course.id}`, text, kind);
  });
}
