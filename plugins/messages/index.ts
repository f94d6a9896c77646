import { definePlugin, localText } from '#platform';
import { inboxApi } from './inbox.api.ts';
import { inboxRoutes } from './inbox.routes.ts';
import { Inbox, type NewMessage } from './inbox.service.ts';
import { messageSchema } from './message.model.ts';
import { messageLines } from './message-lines.ts';

declare module '#platform' {
  interface Services {
    messages: {
      /** One message per reader, stored and shown at once on the pages they have open. */
      send(list: NewMessage[]): Promise<void>;
    };
  }
}

/** Messages that the home page shows. */
const shownAtHome = 5;

export default definePlugin({
  id: 'messages',
  api: '^1.0.0',
  models: { messages: messageSchema },
  register(host) {
    const { messages } = host.models;
    const inbox = new Inbox({
      messages,
      tell(users) {
        // One query for all, made when the first room is told: a notice to thousands must not ask thousands of times.
        let counts: Promise<Map<string, number>> | undefined;
        for (const user of users) {
          host.publish(`inbox:${user}`, 'inbox', async () => {
            counts ??= inbox.unreadOf(users);
            return { unread: (await counts).get(user) ?? 0 };
          });
        }
      },
    });
    host.provide<'messages'>({ send: (list) => inbox.send(list) });
    host.allowRoom('inbox', (viewer, id) => viewer.id === id);
    host.filter('inbox.count', async (count, { viewer }) => count + (await inbox.unread(viewer)));
    host.slot('home.side', {
      view: 'home',
      order: 80,
      async data({ viewer, language }) {
        if (!viewer) return undefined;
        const { rows, total } = await inbox.list(viewer, { skip: 0, limit: shownAtHome });
        const lines = rows.map((message) => ({ ...message, title: localText(message.title, language) }));
        return { messages: lines, total };
      },
    });
    const lines = messageLines(host);
    inboxRoutes(host, { inbox, lines });
    inboxApi(host, inbox);
  },
});
