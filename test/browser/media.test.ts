import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { eventually } from '../support/eventually.ts';
import { screenshot } from './support/browser.ts';
import { line, play, playedUpTo, position } from './support/lesson-page.ts';
import { beatSeconds, type LessonSite, startLessonSite } from './support/lesson-site.ts';
import { untilInPage, visit } from './support/visitor.ts';

/** Before a site: answers to requests for media stop after so many bytes, and nobody is told, until it is mended. */
class SilentLine {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  /** Bytes of media that pass through each connection. */
  passes = Number.POSITIVE_INFINITY;
  /** Connections that fell silent. */
  silent = 0;
  url = '';

  constructor(to: string) {
    this.#server = createServer((client) => {
      const site = connect(Number(new URL(to).port), '127.0.0.1');
      let left = Number.POSITIVE_INFINITY;
      for (const socket of [client, site]) {
        this.#sockets.add(socket);
        socket.on('error', () => {});
        socket.on('close', () => {
          client.destroy();
          site.destroy();
        });
      }
      client.on('data', (bytes) => {
        left = bytes.includes('GET /video-courses/media/') ? this.passes : Number.POSITIVE_INFINITY;
        site.write(bytes);
      });
      site.on('data', (bytes) => {
        left -= bytes.length;
        if (left > 0) client.write(bytes);
        else if (!site.isPaused()) {
          site.pause();
          this.silent += 1;
        }
      });
    });
  }

  async start(): Promise<void> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    this.url = `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  stop(): void {
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
  }
}

describe('media that does not arrive or cannot be shown, in browsers', function () {
  this.timeout(120_000);
  let site: LessonSite;

  before(async function () {
    site = await startLessonSite(this);
  });
  after(() => site?.stop());

  it('opens the source again where a line fell silent, and goes on from where it stood', async () => {
    const learner = await site.test.learner();
    const silent = new SilentLine(site.test.url);
    await silent.start();
    silent.passes = 60_000;
    try {
      const { page, context, open } = await visit(site.browser, silent.url, learner.login);
      await open(`/video-courses/lessons/${site.lesson}`);
      await play(page);
      await line(page, '正在缓冲');
      expect(silent.silent).to.be.above(0);
      const stood = await position(page);
      silent.passes = Number.POSITIVE_INFINITY;
      await playedUpTo(page, stood + 3);
      await eventually(async () => expect(await site.credited(learner)).to.be.at.least(Math.floor(stood + 2)));
      expect(await page.locator('#player-line').textContent()).not.to.include('正在缓冲');
      await context.close();
    } finally {
      silent.stop();
    }
  });

  it('credits nothing for sound without a picture, and says why', async () => {
    const service = site.test.host('video-courses').tryUse('video-courses')!;
    const file = fileURLToPath(new URL('../support/media/hevc-12s.mp4', import.meta.url));
    const lesson = await service.addLesson({ course: site.test.course, title: { zh: '没有画面' }, file, order: 4 });
    const learner = await site.test.learner();
    const { page, context } = await site.open(learner, lesson);
    await line(page, '不能显示本视频的画面');
    await play(page);
    await playedUpTo(page, 3 * beatSeconds);
    const days = site.test.platform.rooms.connection.collection('video_courses_days');
    await eventually(async () => {
      const stored = JSON.stringify(await days.find({ enrolment: learner.enrolment._id }).toArray());
      expect(stored).to.include('no-picture');
    });
    expect(await site.credited(learner, lesson)).to.equal(0);
    await line(page, '不能显示本视频的画面');
    await context.close();
  });

  it('keeps its line in view on a phone that lies on its side, and in full screen', async () => {
    const learner = await site.test.learner();
    const { page, context } = await site.open(learner);
    await page.setViewportSize({ width: 640, height: 400 });
    await play(page);
    await line(page, '学习时间已记录');
    const inView = `(() => {
      const { top, bottom, height } = document.querySelector('#player-line').getBoundingClientRect();
      const at = document.elementFromPoint(innerWidth / 3, (top + bottom) / 2);
      return height > 0 && top >= 0 && bottom <= innerHeight && at?.closest('#player-says') !== null;
    })()`;
    await untilInPage(page, inView, 5_000);
    expect(await page.evaluate(`document.querySelector('#player-frame').clientHeight`)).to.be.within(200, 300);
    await screenshot(page, 'playing-on-its-side');
    await page.locator('.vjs-fullscreen-control').focus();
    await page.keyboard.press('Enter');
    await untilInPage(page, `document.fullscreenElement !== null && ${inView}`, 10_000);
    await screenshot(page, 'playing-full-screen');
    await context.setOffline(true);
    const cut = Date.now();
    await line(page, '网络中断');
    expect(Date.now() - cut).to.be.below(5_000);
    expect(await page.evaluate(inView)).to.equal(true);
    await context.close();
  });
});
