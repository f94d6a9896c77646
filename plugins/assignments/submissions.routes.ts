import { pipeline } from 'node:stream/promises';
import type { Request, Response } from 'express';
import { z } from 'zod';
import { AppError, parse, type Viewer } from '#platform';
import type { AssignmentsHost } from './assignments.host.ts';
import { workText } from './assignments.schemas.ts';
import type { Assignments } from './assignments.service.ts';
import { taskLocals } from './task-page.ts';
import { dropFiles, type Upload } from './upload.ts';

const work = z.object({ text: workText });

/** Handing in text and files, and reading files. */
export function submissionRoutes(host: AssignmentsHost, assignments: Assignments): void {
  const { routes } = host;
  const { tasks, submissions, files } = assignments;

  routes.post('/:task/submission', async (request, response) => {
    const viewer = request.viewer as Viewer;
    const { task } = request.params;
    await tasks.line(viewer, task);
    const upload: Upload = { fields: {}, files: [] };
    try {
      if (request.is('multipart/form-data')) await files.receive(request, upload);
      else upload.fields = bodyOf(request);
      const { text } = parse(work, { text: upload.fields.text?.[0] ?? '' }, request.language);
      const handedIn = await submissions.handIn(viewer, task, {
        text,
        keep: upload.fields.keep ?? [],
        files: upload.files,
      });
      if (wantsJson(request))
        return response.json({ state: handedIn.state, revision: handedIn.revision, late: handedIn.late });
      const t = host.translate(request.language);
      response.done(`/assignments/${task}`, t(handedIn.late ? 'work.handedInLate' : 'work.handedIn'));
    } catch (error) {
      await dropFiles(upload.files.map(({ path }) => path));
      if (!(error instanceof AppError) || wantsJson(request) || error.status === 404) throw error;
      await showAgain(request, response, task, upload, error);
    }
  });

  routes.get('/files/:enrolment/:task/:file', async (request, response) => {
    const { enrolment, task, file } = request.params;
    const found = await submissions.file(request.viewer as Viewer, enrolment, task, file);
    response.set({
      'Content-Type': found.type,
      'Content-Length': String(found.size),
      'Content-Disposition': attachment(found.name),
      'X-Content-Type-Options': 'nosniff',
      'Content-Security-Policy': "default-src 'none'; sandbox",
      'Cache-Control': 'private, no-store',
    });
    await pipeline(files.read(found), response).catch((error) => {
      if (!response.destroyed) throw error;
    });
  });

  async function showAgain(
    request: Request,
    response: Response,
    task: string,
    upload: Upload,
    error: AppError,
  ): Promise<void> {
    const about = error.code === 'core:invalid' || error.code === 'assignments:empty' ? 'text' : 'files';
    const message = error.code === 'core:invalid' ? error.fields[0]?.message : undefined;
    const sentence = message ?? request.t(error.messageKey, error.params);
    const locals = await taskLocals(host, assignments, request, task);
    const text = upload.fields.text?.[0];
    await response.page('assignments/task', {
      ...locals,
      values: text === undefined ? locals.values : { text },
      errors: { [about]: sentence },
      status: error.status,
    });
  }
}

/** A form without files, or JSON. */
function bodyOf(request: Request): Upload['fields'] {
  const { text, keep } = (request.body ?? {}) as { text?: unknown; keep?: unknown };
  const kept = Array.isArray(keep) ? keep.map(String) : keep === undefined ? [] : [String(keep)];
  return { text: [String(text ?? '')], keep: kept };
}

const wantsJson = (request: Request): boolean => request.accepts(['html', 'json']) === 'json';

/** RFC 6266: a plain name for old readers, the whole name in UTF-8 for the rest. */
function attachment(name: string): string {
  const plain = name.replace(/[^\x20-\x7e]|["\\]/g, '_');
  const encoded = encodeURIComponent(name).replace(
    /['()*]/g,
    (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`,
  );
  return `attachment; filename="${plain}"; filename*=UTF-8''${encoded}`;
}
