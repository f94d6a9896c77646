import { definePlugin } from '../../../server/plugins/contract.ts';
import type { FoundPlugin } from '../../../server/plugins/discover.ts';

/**
 * Stands in for the course plugin: one measure that the fixtures' scheme counts, lessons with a title, and a
 * figure for the desk.
 */
export const studyPlugin: FoundPlugin = {
  folder: '/nowhere',
  definition: definePlugin({
    id: 'video-courses',
    api: '^1.0.0',
    measures: { seconds: { unit: 'unit', scale: 60, label: 'label' } },
    activities: () => ({
      lesson: {
        measure: 'seconds',
        describe: async (id, language) =>
          id === 'gone'
            ? undefined
            : { title: language === 'en' ? `Lesson ${id}` : `第${id}课`, href: `/video-courses/${id}` },
      },
    }),
    register(host) {
      host.filter('workshop.figures', (figures, { workshop }) => [
        ...figures,
        { key: 'to-grade', label: '待批阅', value: 7, href: `/assignments?workshop=${workshop}` },
      ]);
    },
  }) as unknown as FoundPlugin['definition'],
};

export const lesson = (id: string): string => `video-courses/lesson/${id}`;
