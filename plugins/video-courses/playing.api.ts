import {
  answerBody,
  answerReply,
  extendBody,
  extendReply,
  reportBody,
  reportReply,
  startBody,
  startReply,
} from './playing.messages.ts';
import type { VideoHost } from './plugin.ts';
import type { Services } from './services.ts';

/** Playing over the socket, and the same over HTTP for `sendBeacon`, lost sockets and other programs. */
export function playingApi(host: VideoHost, { playing }: Services): void {
  host.socket({
    name: 'start',
    body: startBody,
    handle: (body, { viewer, language, session }) => playing.start(viewer, body, { language, session }),
  });
  host.socket({
    name: 'beat',
    body: reportBody,
    handle: (body, { viewer, address }) => playing.report(viewer, body, address),
  });
  host.socket({ name: 'answer', body: answerBody, handle: (body, { viewer }) => playing.answer(viewer, body) });
  host.socket({ name: 'extend', body: extendBody, handle: (body, { viewer }) => playing.extend(viewer, body) });

  host.api({
    method: 'post',
    path: '/sessions',
    summary: 'Starts a playing session for a lesson, or says where the learner is playing already',
    body: startBody,
    response: startReply,
    handle: ({ body, viewer, language, session }) => playing.start(viewer, body, { language, session }),
  });
  host.api({
    method: 'post',
    path: '/beats',
    summary: 'Reports played stretches; answers what they are worth once that is durable',
    body: reportBody,
    response: reportReply,
    handle: ({ body, viewer, address }) => playing.report(viewer, body, address),
  });
  host.api({
    method: 'post',
    path: '/presence',
    summary: 'Answers a presence check with its one-time token',
    body: answerBody,
    response: answerReply,
    handle: ({ body, viewer }) => playing.answer(viewer, body),
  });
  host.api({
    method: 'post',
    path: '/presence/extension',
    summary: 'Asks for more time to answer a presence check',
    body: extendBody,
    response: extendReply,
    handle: ({ body, viewer }) => playing.extend(viewer, body),
  });
}
