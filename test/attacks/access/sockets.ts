import type { Line } from './line.ts';

/** Messages of sockets, as `namespace message`. */
export const messages: Line[] = [
  { route: '/video-courses start', may: 'learnersOfProgramme', body: { lesson: '{lesson}' } },
  {
    route: '/video-courses beat',
    may: 'onlyLearner',
    body: { enrolment: '{enrolment}', lesson: '{lesson}', token: 'none', beats: [] },
  },
  // What these name is a token of the caller's own; there is nothing outside it.
  { route: '/video-courses answer', may: 'signedIn' },
  { route: '/video-courses extend', may: 'signedIn' },
  // Rooms have lines of their own.
  { route: '/ subscribe', may: 'signedIn' },
  { route: '/ unsubscribe', may: 'signedIn' },
];

/** Kinds of rooms, and who may join the one that is named. */
export const rooms: Line[] = [
  { route: 'enrolment', at: 'enrolment:{enrolment}', may: 'learnerAndOverseers' },
  { route: 'tasks', at: 'tasks:{programme}', may: 'managersOfProgramme' },
  { route: 'tasks', at: 'tasks:{draft}', may: 'managersOfProgramme' },
  { route: 'region', at: 'region:{region}', may: 'watchersOfCounty' },
  { route: 'workshop', at: 'workshop:{workshop}', may: 'overseersOfWorkshop' },
  { route: 'topic', at: 'topic:{topic}', may: 'participants' },
  { route: 'topic', at: 'topic:{workshopTopic}', may: 'gradedAndGrader' },
  { route: 'inbox', at: 'inbox:{learner}', may: 'onlyLearner' },
];
