import { definePlugin, localText } from '#platform';
import { discussionsApi } from './discussions.api.ts';
import { models, permissions } from './discussions.host.ts';
import { discussionParts } from './discussions.parts.ts';
import { createDiscussions } from './discussions.service.ts';
import { migrations } from './migrations.ts';
import { postRoutes } from './posts.routes.ts';
import { topicRoutes } from './topics.routes.ts';

export default definePlugin({
  id: 'discussions',
  api: '^1.0.0',
  requires: ['workshops'],
  permissions,
  models,
  migrations,
  measures: {
    points: { unit: 'measure.unit', label: 'measure.label', scale: 10, usual: () => ({ weight: 20, full: 200 }) },
  },
  activities: (host) => ({
    topic: {
      measure: 'points',
      async describe(id, language) {
        const topic = await host.models.topics.findById(id).select({ title: 1 }).lean();
        return topic?.title
          ? { title: localText(topic.title as never, language), href: `/discussions/${id}` }
          : undefined;
      },
    },
  }),
  register(host) {
    const discussions = createDiscussions(host);
    topicRoutes(host, discussions);
    postRoutes(host, discussions);
    discussionsApi(host, discussions);
    discussionParts(host, discussions);
  },
});
