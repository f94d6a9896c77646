import supertest from 'supertest';
import type { Client } from '../../support/client.ts';
import { inventedIdNumber } from '../../support/fixtures.ts';

type Given = Partial<
  Record<'name' | 'sex' | 'id' | 'phone' | 'school' | 'stage' | 'subject' | 'title', string | number>
>;

/** A teacher as a row of a roster; what is given replaces what is invented. */
export function teacher(given: Given = {}): (string | number | null)[] {
  const id = given.id ?? inventedIdNumber();
  const sex = given.sex ?? (Number(String(id)[16]) % 2 === 1 ? '男' : '女');
  const { name = '王芳', phone = '', school = '甲中学', stage = '高中', subject = '语文', title = '一级教师' } = given;
  return [name, sex, id, phone, school, stage, subject, title].map((cell) => (cell === '' ? null : cell));
}

export interface Answer {
  status: number;
  // biome-ignore lint/suspicious/noExplicitAny: what the server answers is what the test checks
  body: any;
}

/** Sends a file as the page's form does, and asks for JSON. */
export async function send(
  target: { url: string; client: Client; programme: string; csrf?: string },
  file: Buffer,
  language = 'zh-CN',
): Promise<Answer> {
  const { status, body } = await supertest(target.url)
    .post(`/enrolment/rosters?programme=${target.programme}`)
    .set({
      cookie: target.client.cookie,
      'x-csrf-token': target.csrf ?? target.client.csrf,
      accept: 'application/json',
      'accept-language': language,
    })
    .attach('roster', file, '名册.xlsx');
  return { status, body };
}
