import type { Lesson } from './catalogue.service.ts';
import { clock } from './chapters.ts';

type Facts = Lesson['media'];

/** Whether many browsers play the sound of a video alone. */
export const isSeenByFew = ({ codec }: Facts): boolean => codec === 'h265' || codec === 'other';

/** What an author reads after an upload: what the file holds, and who will not see it. */
export function addedNotice(
  facts: Facts | undefined,
  t: (key: string, params?: Record<string, unknown>) => string,
): { kind: 'success' | 'warning'; text: string } {
  if (!facts) return { kind: 'success', text: t('manage.lessonAdded') };
  const holds = t('manage.fileHolds', {
    container: facts.type === 'video/mp4' ? 'MP4' : 'WebM',
    codec: t(`manage.codec.${facts.codec ?? 'other'}`),
    length: clock(facts.seconds),
  });
  const said = `${t('manage.lessonAdded')} ${holds}`;
  if (!isSeenByFew(facts)) return { kind: 'success', text: said };
  return { kind: 'warning', text: `${said} ${t('manage.pictureNotSeen')}` };
}
