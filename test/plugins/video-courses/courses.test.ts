import { readdir, readFile, stat } from 'node:fs/promises';
import { request } from 'node:http';
import { join } from 'node:path';
import { expect } from 'chai';
import supertest from 'supertest';
import type { Client } from '../../support/client.ts';
import { eventually } from '../../support/eventually.ts';
import { clip, startVideoPlatform, type VideoPlatform } from './video-support.ts';

describe('courses and their videos', () => {
  let test: VideoPlatform;
  let author: Client;
  let draft: string;

  before(async () => {
    test = await startVideoPlatform(undefined, { VIDEO_COURSES_UPLOAD_MEGABYTES: '1' });
    const person = await test.person({ grants: [{ role: 'course-author', scope: `programme:${test.programme}` }] });
    author = await test.signIn(person.login);
    const course = { programme: test.programme, title: { zh: '师德修养', en: 'Ethics' } };
    draft = (await author.post('/api/v1/video-courses/courses', course).expect(200)).body.id;
  });
  after(() => test.stop());

  const folder = () => test.host('video-courses').files;
  const files = async () => [...(await readdir(folder())), ...(await readdir(join(folder(), 'arriving')))].sort();
  const lessons = () => test.platform.rooms.connection.collection('video_courses_lessons').countDocuments();
  const upload = (course: string, file: string | Buffer, name = 'lesson.mp4', as = author) =>
    supertest(test.url)
      .post(`/video-courses/courses/${course}/lessons`)
      .set('Cookie', as.cookie)
      .set('Accept', 'application/json')
      .field('_csrf', as.csrf)
      .field('titleZh', '第一讲')
      .field('chapters', '0:03 开始 | Beginning\n0:08 结尾')
      .attach('video', file, name);

  describe('uploading', () => {
    it('refuses a form without its boundary', async () => {
      const answer = await supertest(test.url)
        .post(`/video-courses/courses/${draft}/lessons`)
        .set({
          'x-csrf-token': author.csrf,
          cookie: author.cookie,
          accept: 'application/json',
          'content-type': 'multipart/form-data',
        })
        .send('nothing');
      expect({ status: answer.status, code: answer.body.error.code }).to.deep.equal({
        status: 422,
        code: 'video-courses:no-file',
      });
    });

    it('takes MP4 and WebM, and reads type, length and chapters itself', async () => {
      const { body } = await upload(draft, clip('webm'), 'whatever.bin').expect(201);
      const listed = await author.get(`/api/v1/video-courses/courses?programme=${test.programme}`).expect(200);
      const lesson = listed.body.courses.find((course: { id: string }) => course.id === draft).lessons[0];
      expect(lesson).to.deep.include({ id: body.id, type: 'video/webm', seconds: 12.008, number: 1 });
      expect(lesson.chapters).to.deep.equal([
        { at: 3, title: { zh: '开始', en: 'Beginning' } },
        { at: 8, title: { zh: '结尾' } },
      ]);
    });

    it('shows captions to who sees the lesson, and takes nothing else for them', async () => {
      const [lesson] = test.lessons;
      const address = `/api/v1/video-courses/lessons/${lesson}`;
      const learner = await test.signIn((await test.learner()).login);
      const page = async () => (await learner.get(`/video-courses/lessons/${lesson}`).expect(200)).text;
      expect(await page()).not.to.include('<track');
      await author.patch(address, { captions: '1\n00:00:01,000 --> 00:00:02,000\n好' }).expect(422);
      const captions = 'WEBVTT\n\n00:01.000 --> 00:02.000\n老师们好。\n';
      await author.patch(address, { captions }).expect(200);
      expect(await page()).to.include(`src="/video-courses/captions/${lesson}"`);
      const answer = await learner.get(`/video-courses/captions/${lesson}`).expect(200);
      expect([answer.text, answer.type]).to.deep.equal([captions, 'text/vtt']);
      const cues = Array.from({ length: 5_000 }, (_, n) => {
        const at = (second: number) => `${new Date(second * 1000).toISOString().slice(11, 19)}.000`;
        return `${at(2 * n)} --> ${at(2 * n + 2)}\n${'老师们好，今天我们谈谈课堂提问。'.repeat(2)}\n`;
      });
      const long = `WEBVTT\n\n${cues.join('\n')}`;
      await author.patch(address, { captions: long }).expect(200);
      expect((await learner.get(`/video-courses/captions/${lesson}`).expect(200)).text).to.equal(long);
      const typed = { titleZh: '第一讲', captions: long.replace('老师们好', '各位好') };
      await author.form(`/video-courses/manage/lessons/${lesson}`, typed).expect(303);
      expect((await learner.get(`/video-courses/captions/${lesson}`)).text).to.include('各位好');
      const stranger = await test.signIn((await test.person()).login);
      await stranger.get(`/video-courses/captions/${lesson}`).expect(404);
      await author.patch(address, { captions: '' }).expect(200);
      await learner.get(`/video-courses/captions/${lesson}`).expect(404);
    });

    it('refuses a renamed text file in words, and keeps nothing of it', async () => {
      const [before, count] = [await files(), await lessons()];
      const { body } = await upload(draft, Buffer.from('不是视频\n'.repeat(2_000)), 'lesson.mp4').expect(422);
      expect(body.error.code).to.equal('video-courses:not-a-video');
      expect(body.error.message).to.include('MP4').and.include('没有保存');
      const english = await upload(draft, Buffer.from('no'), 'lesson.mp4')
        .set('Cookie', `${author.cookie}; xf.lang=en`)
        .expect(422);
      expect(english.body.error.message).to.include('Nothing was stored');
      expect([await files(), await lessons()]).to.deep.equal([before, count]);
    });

    it('tells the author of a picture that many browsers do not show', async () => {
      const seen = await upload(draft, clip('mp4')).expect(201);
      expect(seen.body).to.include({ codec: 'h264' }).and.not.have.property('warning');
      const whole = await readFile(clip('mp4'));
      const at = whole.indexOf('avc1', whole.indexOf('stsd'));
      whole.write('hvc1', at, 'latin1');
      const { body } = await upload(draft, whole).expect(201);
      expect(body.codec).to.equal('h265');
      expect(body.warning).to.match(/许多浏览器/);
      const page = await author.get(`/video-courses/manage/courses/${draft}`).expect(200);
      expect(page.text).to.include('许多浏览器看不到画面');
      const added = await author.get(`/video-courses/manage/courses/${draft}?added=${body.id}`).expect(200);
      expect(added.text).to.match(/文件：MP4，画面编码 H\.265，时长 0:12。.*Firefox/);
      const fine = await author.get(`/video-courses/manage/courses/${draft}?added=${seen.body.id}`).expect(200);
      expect(fine.text).to.include('画面编码 H.264').and.not.include('Firefox');
    });

    it('refuses a file whose elements are nested tens of thousands deep, and lives on', async () => {
      const depth = 80_000;
      const nested = Buffer.alloc(24 + depth * 12);
      Buffer.from('1a45dfa3874282847765626d1853806701ffffffffffffff', 'hex').copy(nested);
      for (let n = 0; n < depth; n += 1) {
        nested.writeUInt32BE(0x1549a966, 24 + n * 12);
        nested.writeBigUInt64BE(BigInt((depth - n - 1) * 12) | (1n << 56n), 28 + n * 12);
      }
      const { body } = await upload(draft, nested).expect(422);
      expect(body.error.code).to.equal('video-courses:incomplete');
      await author.get(`/video-courses/manage/courses/${draft}`).expect(200);
    });

    it('keeps nothing of half a video, of one that is too large, and of a form with mistakes', async () => {
      const [before, count] = [await files(), await lessons()];
      const whole = await readFile(clip('mp4'));
      const half = await upload(draft, whole.subarray(0, whole.length / 2)).expect(422);
      expect(half.body.error.code).to.equal('video-courses:incomplete');
      const large = await upload(draft, Buffer.concat([whole, Buffer.alloc(1024 * 1024)])).expect(413);
      expect(large.body.error.message).to.include('1 MB');
      const untitled = await upload(draft, clip('mp4')).field('titleZh', ' ').expect(422);
      expect(untitled.body.error.fields[0].path).to.equal('titleZh');
      const wrong = await upload(draft, clip('mp4')).field('chapters', '开始').expect(422);
      expect(wrong.body.error.fields[0].message).to.include('开始');
      expect([await files(), await lessons()]).to.deep.equal([before, count]);
    });

    it('keeps nothing of an upload that is cut off half way', async () => {
      const [before, count] = [await files(), await lessons()];
      const whole = await readFile(clip('mp4'));
      const boundary = 'cut-here';
      const head = `--${boundary}\r\nContent-Disposition: form-data; name="video"; filename="a.mp4"\r\nContent-Type: video/mp4\r\n\r\n`;
      const { hostname, port } = new URL(test.url);
      const arriving = join(folder(), 'arriving');
      await new Promise<void>((resolve, reject) => {
        const cut = request({
          hostname,
          port,
          method: 'POST',
          path: `/video-courses/courses/${draft}/lessons`,
          headers: {
            'x-csrf-token': author.csrf,
            cookie: author.cookie,
            'content-type': `multipart/form-data; boundary=${boundary}`,
            'content-length': String(whole.length + 500),
          },
        });
        cut.on('error', () => {});
        cut.write(head);
        cut.write(whole.subarray(0, whole.length / 2));
        const poll = async (): Promise<void> => {
          const [name] = await readdir(arriving);
          if (name && (await stat(join(arriving, name))).size > 1_000) {
            cut.destroy();
            return resolve();
          }
          setTimeout(() => poll().catch(reject), 10);
        };
        poll().catch(reject);
      });
      await eventually(async () => expect([await files(), await lessons()]).to.deep.equal([before, count]));
    });

    it('wants the session’s token, a file, and somebody whose course it is', async () => {
      // Refused before it is read: a large one could meet a closed connection instead of the answer.
      const small = Buffer.from('video');
      const cookie = (test: supertest.Test) => test.set('Cookie', author.cookie).set('Accept', 'application/json');
      const path = `/video-courses/courses/${draft}/lessons`;
      const forged = await cookie(supertest(test.url).post(path)).attach('video', small, 'a.mp4').expect(403);
      expect(forged.body.error.code).to.equal('core:csrf');
      const none = await cookie(supertest(test.url).post(path))
        .field('_csrf', author.csrf)
        .field('titleZh', '空')
        .expect(422);
      expect(none.body.error.code).to.equal('video-courses:no-file');
      const other = await test.person({ grants: [{ role: 'course-author', scope: 'programme:another' }] });
      await upload(draft, small, 'a.mp4', await test.signIn(other.login)).expect(404);
      const learner = await test.learner();
      await upload(draft, small, 'a.mp4', await test.signIn(learner.login)).expect(404);
      await upload('nowhere', small).expect(404);
    });
  });

  describe('the video itself', () => {
    let learner: Client;
    let path: string;
    let whole: Buffer;
    before(async () => {
      learner = await test.signIn((await test.learner()).login);
      path = `/video-courses/media/${test.lessons[0]}`;
      whole = await readFile(clip('mp4'));
    });

    it('comes whole or in ranges, and never for shared caches', async () => {
      const all = await learner.get(path).buffer(true).expect(200);
      expect(all.headers).to.include({
        'content-type': 'video/mp4',
        'content-length': String(whole.length),
        'accept-ranges': 'bytes',
        'cache-control': 'private, no-cache',
      });
      const part = await learner.get(path).set('Range', 'bytes=100-199').buffer(true).parse(binary).expect(206);
      expect(part.headers['content-range']).to.equal(`bytes 100-199/${whole.length}`);
      expect(part.body.equals(whole.subarray(100, 200))).to.equal(true);
      const end = await learner.get(path).set('Range', 'bytes=-50').parse(binary).expect(206);
      expect(end.body.equals(whole.subarray(-50))).to.equal(true);
      const beyond = await learner.get(path).set('Range', `bytes=${whole.length}-`).expect(416);
      expect(beyond.headers['content-range']).to.equal(`bytes */${whole.length}`);
    });

    it('is written down as asked for by those who study it', async () => {
      const { connection } = test.platform.rooms;
      const person = await test.learner();
      const asked = () =>
        connection.collection('video_courses_requests').findOne({ _id: `${person.id}|${test.lessons[0]}` as never });
      expect(await asked()).to.equal(null);
      await (await test.signIn(person.login)).get(path).set('Range', 'bytes=0-9').expect(206);
      await eventually(async () => expect((await asked())?.at).to.be.instanceOf(Date));
    });

    it('is not sent again to who has it, and not in parts to who has another', async () => {
      const { headers } = await learner.get(path).expect(200);
      await learner
        .get(path)
        .set('If-None-Match', headers.etag ?? '')
        .expect(304);
      await learner
        .get(path)
        .set('Range', 'bytes=0-9')
        .set('If-Range', headers.etag ?? '')
        .expect(206);
      await learner.get(path).set('Range', 'bytes=0-9').set('If-Range', '"another"').expect(200);
    });

    it('is for those who may see the lesson', async () => {
      await supertest(test.url).get(path).expect(302);
      const stranger = await test.signIn((await test.person()).login);
      await stranger.get(path).expect(404);
      await author.get(path).expect(200);
    });
  });

  describe('authoring', () => {
    it('keeps drafts from learners until they are published, and whole afterwards', async () => {
      const learner = await test.signIn((await test.learner()).login);
      const shown = async (client: Client) =>
        (await client.get(`/api/v1/video-courses/courses?programme=${test.programme}`).expect(200)).body.courses;
      expect((await shown(learner)).map((course: { id: string }) => course.id)).to.deep.equal([test.course]);
      const [lesson] = (await shown(author)).find((course: { id: string }) => course.id === draft).lessons;
      await learner.get(`/video-courses/lessons/${lesson.id}`).expect(404);
      await author.delete(`/api/v1/video-courses/courses/${draft}`).expect(409);
      await author.patch(`/api/v1/video-courses/courses/${draft}`, { state: 'published' }).expect(200);
      expect((await shown(learner)).map((course: { id: string }) => course.id)).to.include(draft);
      await learner.get(`/video-courses/lessons/${lesson.id}`).expect(200);
      await author.delete(`/api/v1/video-courses/lessons/${lesson.id}`).expect(409);
    });

    it('publishes no empty course, deletes it, and removes a draft lesson with its file', async () => {
      const made = { programme: test.programme, title: { zh: '空课程' } };
      const { body } = await author.post('/api/v1/video-courses/courses', made).expect(200);
      const refused = await author
        .patch(`/api/v1/video-courses/courses/${body.id}`, { state: 'published' })
        .expect(409);
      expect(refused.body.error.code).to.equal('video-courses:no-lessons');
      const before = await files();
      const lesson = await upload(body.id, clip('mp4')).expect(201);
      await author.delete(`/api/v1/video-courses/lessons/${lesson.body.id}`).expect(200);
      expect(await files()).to.deep.equal(before);
      await author.delete(`/api/v1/video-courses/courses/${body.id}`).expect(200);
      await author.delete(`/api/v1/video-courses/courses/${body.id}`).expect(404);
    });

    it('works by forms, and shows a form again with what was typed', async () => {
      const page = await author.get('/video-courses/manage').expect(200);
      expect(page.text).to.include('课堂教学').and.include('师德修养');
      const refused = await author.form('/video-courses/manage/courses', {
        programme: test.programme,
        titleZh: '',
        titleEn: 'Kept',
      });
      expect(refused.status).to.equal(422);
      expect(refused.text).to.include('value="Kept"');
      const made = await author
        .form('/video-courses/manage/courses', { programme: test.programme, titleZh: '表单课程' })
        .expect(303);
      const course = await author.get(made.headers.location as string).expect(200);
      expect(course.text).to.include('表单课程').and.include('enctype="multipart/form-data"');
      await author.form(`${made.headers.location}/delete`, {}).expect(303);
    });
  });

  describe('pages', () => {
    it('show a learner the lessons with their progress and where to go on', async () => {
      const person = await test.learner();
      const service = test.host('video-courses').tryUse('video-courses')!;
      await service.importHistory([
        { enrolment: person.enrolment._id, lesson: test.lessons[0], seconds: 7, at: new Date() },
      ]);
      const client = await test.signIn(person.login);
      const page = await client.get('/video-courses').expect(200);
      expect(page.text).to.include('继续：第 1 讲 第一讲').and.include('已计时 7 秒').and.include('width:58.33%');
      const home = await client.get('/').expect(200);
      expect(home.text).to.include('继续学习：第 1 讲 第一讲').and.include(`/video-courses/lessons/${test.lessons[0]}`);
      const lesson = await client.get(`/video-courses/lessons/${test.lessons[0]}`).expect(200);
      expect(lesson.text).to.include('"position":7').and.include('id="check"');
      const found = await client.get(`/search?q=${encodeURIComponent('第二讲')}`).expect(200);
      expect(found.text).to.include(`/video-courses/lessons/${test.lessons[1]}`);
      await client.get('/video-courses/lessons/nowhere').expect(404);
      const stranger = await test.signIn((await test.person()).login);
      expect((await stranger.get('/video-courses').expect(200)).text).to.include('还没有参加');
    });

    it('keep private notes', async () => {
      const client = await test.signIn((await test.learner()).login);
      const path = `/api/v1/video-courses/lessons/${test.lessons[0]}/notes`;
      await client.put(path, { text: '先问，再讲。' }).expect(200);
      expect((await client.get(path)).body).to.deep.equal({ text: '先问，再讲。' });
      const other = await test.signIn((await test.learner()).login);
      expect((await other.get(path)).body).to.deep.equal({ text: '' });
      await client.form(`/video-courses/lessons/${test.lessons[0]}/notes`, { text: '改过' }).expect(303);
      expect((await client.get(path)).body.text).to.equal('改过');
    });

    it('bring in a history that pages, days and roll-ups agree on', async () => {
      const { progress } = test.platform.rooms;
      const scope = `programme:${test.programme}`;
      const sum = async () =>
        (await progress.rollUps.of(test.programme, [scope]))[0]?.measures['video-courses/seconds'] ?? 0;
      const before = await sum();
      const people = await Promise.all([1, 2, 3].map(() => test.learner()));
      const service = test.host('video-courses').tryUse('video-courses')!;
      const dayMs = 86_400_000;
      const items = people.flatMap(({ enrolment }, index) =>
        test.lessons.map((lesson, n) => ({
          enrolment: enrolment._id,
          lesson,
          seconds: 5 + n,
          at: new Date(Date.now() - (index + n + 1) * dayMs),
        })),
      );
      await service.importHistory(items);
      expect(await sum()).to.equal(before + 3 * 11);
      const client = await test.signIn(people[0]?.login ?? '');
      const { body } = await client
        .get(`/api/v1/video-courses/credit?enrolment=${people[0]?.enrolment._id}`)
        .expect(200);
      expect(body.days.map((day: { credited: number }) => day.credited)).to.deep.equal([5, 6]);
    });
  });
});

function binary(response: unknown, done: (error: Error | null, body: Buffer) => void): void {
  const stream = response as NodeJS.ReadableStream;
  const chunks: Buffer[] = [];
  stream.on('data', (chunk: Buffer) => chunks.push(chunk));
  stream.on('end', () => done(null, Buffer.concat(chunks)));
}
