import { type LocalText, unscoped } from '#platform';
import { DiscussionAccess } from './discussion-access.ts';
import type { DiscussionsHost } from './discussions.host.ts';
import { importHistory, type PastPosts } from './history.ts';
import { Points } from './points.service.ts';
import { PostsService } from './posts.service.ts';
import { ReadingService } from './reading.service.ts';
import { TopicsService } from './topics.service.ts';

declare module '#platform' {
  interface Services {
    discussions: {
      /** For other plugins, which have checked who may. Resolves with the topic's id. */
      createTopic(topic: {
        id?: string;
        programme: string;
        workshop?: string;
        lesson?: string;
        title: LocalText | string;
        text: LocalText | string;
        author: string;
        /** When it was opened; without it now. */
        at?: Date;
      }): Promise<string>;
      /** Takes over what learners wrote before, with the points of the rule. */
      importHistory(list: PastPosts[]): Promise<void>;
    };
  }
}

/** The rooms of this plugin, wired. */
export interface Discussions {
  access: DiscussionAccess;
  topics: TopicsService;
  posts: PostsService;
  reading: ReadingService;
}

export function createDiscussions(host: DiscussionsHost): Discussions {
  const access = new DiscussionAccess(host);
  const posts = new PostsService(host, access, new Points(host));
  const topics = new TopicsService(host, access, posts);
  const reading = new ReadingService(host, access);
  host.provide<'discussions'>({
    createTopic: (topic) => topics.create(topic),
    async importHistory(list) {
      const ids = [...new Set(list.map(({ enrolment }) => enrolment))];
      const found = await host.enrolments.byIds(ids, unscoped({}));
      await importHistory(host, list, new Map(found.map(({ _id, scopes }) => [_id, scopes])));
    },
  });
  return { access, topics, posts, reading };
}
