import { z } from 'zod';
import { type Host, type Language, localText, paging } from '#platform';
import type { Inbox, Message } from './inbox.service.ts';

const messageSchema = z.object({
  id: z.string(),
  kind: z.string(),
  title: z.string(),
  text: z.string(),
  href: z.string().optional(),
  from: z.string().optional(),
  unread: z.boolean(),
  at: z.date(),
});
const id = z.string().regex(/^\w{1,40}$/);

/** The inbox below `/api/v1/messages`. */
export function inboxApi(host: Pick<Host, 'api'>, inbox: Inbox): void {
  host.api({
    method: 'get',
    path: '/',
    summary: "The caller's messages, newest first",
    query: z.object({
      unread: z.enum(['true', 'false']).optional(),
      page: z.coerce.number().int().min(1).optional(),
      size: z.coerce.number().int().optional(),
    }),
    response: z.object({ total: z.number(), unread: z.number(), rows: z.array(messageSchema) }),
    handle: async ({ viewer, query, language }) => {
      const [{ rows, total }, unread] = await Promise.all([
        inbox.list(viewer, paging(query, 20), query.unread === 'true'),
        inbox.unread(viewer),
      ]);
      return { total, unread, rows: rows.map((message) => view(message, language)) };
    },
  });

  host.api({
    method: 'get',
    path: '/:id',
    summary: 'One of the caller’s messages, which counts as read from now on',
    params: z.object({ id }),
    response: messageSchema,
    handle: async ({ viewer, params, language }) => view(await inbox.open(viewer, params.id), language),
  });

  host.api({
    method: 'post',
    path: '/read',
    summary: 'Marks messages of the caller as read: those named, or all where none are named',
    body: z.object({ ids: z.array(id).max(200).optional() }),
    response: z.object({ unread: z.number() }),
    handle: async ({ viewer, body }) => {
      await inbox.markRead(viewer, body.ids);
      return { unread: await inbox.unread(viewer) };
    },
  });
}

function view({ _id, to: _to, title, text, href, from, ...rest }: Message, language: Language) {
  const texts = { title: localText(title, language), text: localText(text, language) };
  return { id: _id, ...rest, ...texts, ...(href && { href }), ...(from && { from }) };
}
