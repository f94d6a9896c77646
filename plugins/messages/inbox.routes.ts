import { z } from 'zod';
import { type Host, paging, readForm } from '#platform';
import type { Inbox } from './inbox.service.ts';
import type { Lines } from './message-lines.ts';

const id = z.string().regex(/^\w{1,40}$/);
/** A form with one tick sends a string, with several a list. */
const ticked = z.object({ message: z.union([id.transform((one) => [one]), z.array(id).max(200)]) });

/** The inbox as pages: the list, one message, and marking as read. */
export function inboxRoutes(
  { routes, signedIn, translate }: Pick<Host, 'routes' | 'signedIn' | 'translate'>,
  { inbox, lines }: { inbox: Inbox; lines: Lines },
): void {
  routes.use(signedIn);

  routes.get('/', async (request, response) => {
    const viewer = request.viewer!;
    const t = translate(request.language);
    const asked = paging(request.query, 20);
    const onlyUnread = request.query.show === 'unread';
    const [{ rows, total }, unread] = await Promise.all([inbox.list(viewer, asked, onlyUnread), inbox.unread(viewer)]);
    await response.page('messages/inbox', {
      title: t('inbox.title'),
      lead: unread > 0 ? t('inbox.unread', { n: unread }) : t('inbox.none-unread'),
      ...(unread > 0 && { primary: { label: t('inbox.read-all'), form: 'read-all', icon: 'checks' } }),
      messages: await lines(rows, request.language),
      show: onlyUnread ? 'unread' : '',
      paging: { page: asked.page, pages: Math.max(1, Math.ceil(total / asked.limit)), total },
    });
  });

  routes.get('/:id', async (request, response) => {
    const message = await inbox.open(request.viewer!, request.params.id);
    const [line] = await lines([message], request.language);
    const t = translate(request.language);
    await response.page('messages/message', {
      title: line!.title,
      breadcrumb: [{ label: t('inbox.title'), href: '/messages' }],
      message: line,
    });
  });

  routes.post('/read-all', async (request, response) => {
    await inbox.markRead(request.viewer!);
    response.done('/messages', translate(request.language)('inbox.all-read'));
  });

  routes.post('/read', async (request, response) => {
    const t = translate(request.language);
    const form = readForm(ticked, request.body, request.language);
    if (!form.ok) return response.done('/messages', t('inbox.none-ticked'), 'warning');
    await inbox.markRead(request.viewer!, form.value.message);
    response.done('/messages', t('inbox.marked', { n: form.value.message.length }));
  });
}
