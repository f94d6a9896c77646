import type { Line } from './line.ts';

const reason = { reason: '理由写清楚' };
const text = { text: '我在课堂上先让学生独立思考两分钟，再请他们交换理由。' };
const grade = { score: 90, comment: '好', revision: 1 };
const appeal = { enrolment: '{enrolment}', day: '2026-01-01', lesson: '{lesson}', reason: 'gap', words: '网络断了' };
const course = { programme: '{programme}', title: { zh: '新课程' } };
const courseForm = { programme: '{programme}', titleZh: '新课程' };
const workshop = {
  programme: '{programme}',
  name: { zh: '新工作坊' },
  stage: 'senior',
  subject: 'chinese',
  moderator: '{moderator}',
};
const scheme = {
  passMark: 6000,
  components: [{ id: 'video', measure: 'video-courses/seconds', weight: 100, full: 10 }],
  required: [],
};
const topic = { programme: '{programme}', title: '新的话题', text: '请大家谈谈。' };
const place = { programme: '{programme}', region: '410200' };
const roster = { programme: '{programme}', fileName: 'a.csv', content: 'YQ==' };
const beats = { enrolment: '{enrolment}', lesson: '{lesson}', token: 'none', beats: [] };
const grant = { role: 'province', scope: 'region:410000' };

/** Everything that changes something, by area; those who may not send a body that is in order. */
export const writes: Line[] = [
  // accounts
  { route: 'post /account', may: 'signedIn', body: { phone: '', language: 'zh-CN' } },
  { route: 'post /account/password', may: 'signedIn', body: { current: 'x', password: 'studying-2027' } },
  { route: 'post /accounts/:id/grants', at: '/accounts/{learner}/grants', may: 'operators', body: grant },
  { route: 'post /accounts/:id/grants/revoke', at: '/accounts/{learner}/grants/revoke', may: 'operators', body: grant },
  // setting up
  { route: 'post /operator/regions', may: 'operators' },
  { route: 'post /operator/organisations', may: 'operators' },
  { route: 'post /operator/organisations/:id/people', at: '/operator/organisations/{school}/people', may: 'operators' },
  { route: 'post /programmes/new', may: 'operators' },
  {
    route: 'put /api/v1/regions/:id',
    at: '/api/v1/regions/410205',
    may: 'operators',
    body: { name: { zh: '新区' }, level: 'county', path: ['410000', '410200', '410205'] },
  },
  {
    route: 'put /api/v1/organisations/:id',
    at: '/api/v1/organisations/new',
    may: 'operators',
    body: { name: { zh: '新校' }, kind: 'school', region: '410204' },
  },
  { route: 'post /api/v1/people', may: 'operators', body: { name: '新人', account: 'somebody-new' } },
  {
    route: 'post /api/v1/programmes',
    may: 'operators',
    body: {
      title: { zh: '新项目' },
      provider: '{provider}',
      region: '410200',
      hours: 10,
      stages: ['senior'],
      term: { enrolFrom: '2026-01-01', enrolUntil: '2026-02-01', from: '2026-01-01', to: '2026-03-01' },
      scheme,
    },
  },
  // assessment
  { route: 'post /assessment/schemes/:programme', at: '/assessment/schemes/{draft}', may: 'managersOfProgramme' },
  {
    route: 'post /assessment/schemes/:programme/open',
    at: '/assessment/schemes/{draft}/open',
    may: 'managersOfProgramme',
  },
  {
    route: 'post /assessment/schemes/:programme/correct',
    at: '/assessment/schemes/{programme}/correct',
    may: 'managersOfProgramme',
  },
  {
    route: 'put /api/v1/assessment/schemes/:programme',
    at: '/api/v1/assessment/schemes/{draft}',
    may: 'managersOfProgramme',
    body: scheme,
  },
  {
    route: 'post /api/v1/assessment/schemes/:programme/open',
    at: '/api/v1/assessment/schemes/{draft}/open',
    may: 'managersOfProgramme',
  },
  {
    route: 'post /api/v1/assessment/schemes/:programme/correct',
    at: '/api/v1/assessment/schemes/{programme}/correct',
    may: 'managersOfProgramme',
    body: { ...scheme, ...reason },
  },
  // workshops
  {
    route: 'post /workshops/',
    may: 'workshopManagers',
    body: { programme: '{programme}', zh: '新坊', stage: 'senior', subject: 'chinese', moderator: 'person-1' },
  },
  {
    route: 'post /workshops/:id/edit',
    at: '/workshops/{workshop}/edit',
    may: 'workshopManagers',
    body: { zh: '新名', moderator: 'person-1' },
  },
  {
    route: 'post /workshops/:id/nudge',
    at: '/workshops/{workshop}/nudge',
    may: 'moderatorOfWorkshop',
    body: { member: ['{enrolment}'], text: '加油' },
  },
  {
    route: 'post /workshops/:id/members/:enrolment/move',
    at: '/workshops/{workshop}/members/{enrolment}/move',
    may: 'workshopManagers',
    body: { workshop: '{workshop}' },
  },
  { route: 'post /api/v1/workshops', may: 'workshopManagers', body: workshop },
  {
    route: 'patch /api/v1/workshops/:id',
    at: '/api/v1/workshops/{workshop}',
    may: 'workshopManagers',
    body: { name: { zh: '新名' } },
  },
  {
    route: 'post /api/v1/workshops/:id/nudge',
    at: '/api/v1/workshops/{workshop}/nudge',
    may: 'moderatorOfWorkshop',
    body: { members: ['{enrolment}'], text: '加油' },
  },
  {
    route: 'put /api/v1/workshops/:id/members/:enrolment',
    at: '/api/v1/workshops/{workshop}/members/{enrolment}',
    may: 'workshopManagers',
  },
  // assignments
  {
    route: 'post /assignments/',
    may: 'taskSetters',
    knows: 'learnersOfProgramme',
    body: { programme: '{programme}', title: '新任务', instructions: '写一份教学设计', due: '2099-01-01' },
  },
  {
    route: 'post /assignments/:task/submission',
    at: '/assignments/{task}/submission',
    may: 'learnersOfProgramme',
    knows: 'taskReaders',
    body: text,
  },
  {
    route: 'put /api/v1/assignments/tasks/:task/submission',
    at: '/api/v1/assignments/tasks/{task}/submission',
    may: 'learnersOfProgramme',
    knows: 'taskReaders',
    body: text,
  },
  {
    route: 'post /assignments/submissions/:enrolment/:task/grade',
    at: '/assignments/submissions/{enrolment}/{task}/grade',
    may: 'moderatorOfWorkshop',
    knows: 'onlyLearner',
    body: grade,
  },
  {
    route: 'post /api/v1/assignments/submissions/:enrolment/:task/grade',
    at: '/api/v1/assignments/submissions/{enrolment}/{task}/grade',
    may: 'moderatorOfWorkshop',
    knows: 'onlyLearner',
    body: grade,
  },
  {
    route: 'post /api/v1/assignments/submissions/:enrolment/:task/return',
    at: '/api/v1/assignments/submissions/{enrolment}/{task}/return',
    may: 'moderatorOfWorkshop',
    knows: 'onlyLearner',
    body: { comment: '请再改', revision: 1 },
  },
  // certificates
  { route: 'post /certificates/check', may: 'anyone' },
  { route: 'post /api/v1/certificates/check', may: 'anyone' },
  {
    route: 'post /certificates/:enrolment/revoke',
    at: '/certificates/{enrolment}/revoke',
    may: 'operators',
    knows: 'learnerAndOverseers',
    body: reason,
  },
  {
    route: 'post /api/v1/certificates/:enrolment/revoke',
    at: '/api/v1/certificates/{enrolment}/revoke',
    may: 'operators',
    knows: 'learnerAndOverseers',
    body: reason,
  },
  // discussions
  { route: 'post /discussions/', may: 'topicWriters', knows: 'topicReaders', body: topic },
  { route: 'post /api/v1/discussions/topics', may: 'topicWriters', knows: 'topicReaders', body: topic },
  {
    route: 'post /discussions/:topic/pinned',
    at: '/discussions/{topic}/pinned',
    may: 'topicLeaders',
    knows: 'topicReaders',
    body: { on: '1' },
  },
  {
    route: 'post /discussions/:topic/closed',
    at: '/discussions/{topic}/closed',
    may: 'topicLeaders',
    knows: 'topicReaders',
    body: { on: '1' },
  },
  {
    route: 'post /discussions/:topic/posts',
    at: '/discussions/{topic}/posts',
    may: 'participants',
    knows: 'topicReaders',
    body: text,
  },
  {
    route: 'post /api/v1/discussions/topics/:topic/posts',
    at: '/api/v1/discussions/topics/{topic}/posts',
    may: 'participants',
    knows: 'topicReaders',
    body: text,
  },
  ...['feature', 'hide', 'show', 'remove'].map(
    (act): Line => ({
      route: `post /discussions/posts/:post/${act}`,
      at: `/discussions/posts/{post}/${act}`,
      may: act === 'remove' ? 'onlyLearner' : 'taskSetters',
      knows: 'topicReaders',
      body: { ...reason, on: '1' },
    }),
  ),
  ...['feature', 'unfeature', 'hide', 'show'].map(
    (act): Line => ({
      route: `post /api/v1/discussions/posts/:post/${act}`,
      at: `/api/v1/discussions/posts/{post}/${act}`,
      may: 'taskSetters',
      knows: 'topicReaders',
      body: reason,
    }),
  ),
  {
    route: 'delete /api/v1/discussions/posts/:post',
    at: '/api/v1/discussions/posts/{post}',
    may: 'onlyLearner',
    knows: 'topicReaders',
  },
  // enrolment
  { route: 'post /enrolment/rosters', at: '/enrolment/rosters?programme={programme}', may: 'enrollersOfProgramme' },
  {
    route: 'post /enrolment/rosters/:id/hidden',
    at: '/enrolment/rosters/{roster}/hidden',
    may: 'onlyCounty',
    body: { take: '1' },
  },
  { route: 'post /enrolment/rosters/:id/confirm', at: '/enrolment/rosters/{roster}/confirm', may: 'onlyCounty' },
  { route: 'post /enrolment/regions', may: 'regionJoiners', body: place },
  {
    route: 'post /enrolment/codes',
    may: 'enrollersOfProgramme',
    body: { programme: '{programme}', enrolment: ['{enrolment}'] },
  },
  { route: 'post /enrolment/:id/withdraw', at: '/enrolment/{enrolment}/withdraw', may: 'enrollers' },
  { route: 'post /enrolment/:id/rejoin', at: '/enrolment/{enrolment}/rejoin', may: 'enrollers' },
  { route: 'post /api/v1/enrolment/rosters', may: 'enrollersOfProgramme', body: roster },
  {
    route: 'post /api/v1/enrolment/rosters/:id/hidden',
    at: '/api/v1/enrolment/rosters/{roster}/hidden',
    may: 'onlyCounty',
    body: { take: true },
  },
  {
    route: 'post /api/v1/enrolment/rosters/:id/confirm',
    at: '/api/v1/enrolment/rosters/{roster}/confirm',
    may: 'onlyCounty',
  },
  {
    route: 'post /api/v1/enrolment/learners/:id/withdraw',
    at: '/api/v1/enrolment/learners/{enrolment}/withdraw',
    may: 'enrollers',
  },
  {
    route: 'post /api/v1/enrolment/learners/:id/rejoin',
    at: '/api/v1/enrolment/learners/{enrolment}/rejoin',
    may: 'enrollers',
  },
  { route: 'post /api/v1/enrolment/regions', may: 'regionJoiners', body: place },
  // messages
  { route: 'post /messages/read-all', may: 'signedIn' },
  { route: 'post /messages/read', may: 'signedIn', body: { id: 'none' } },
  { route: 'post /api/v1/messages/read', may: 'signedIn', body: { ids: ['none'] } },
  // registry
  { route: 'post /registry/retry', may: 'retriersAnywhere' },
  { route: 'post /registry/:enrolment/retry', at: '/registry/{enrolment}/retry', may: 'retriers' },
  {
    route: 'post /api/v1/registry/deliveries/:enrolment/retry',
    at: '/api/v1/registry/deliveries/{enrolment}/retry',
    may: 'retriers',
  },
  // video courses
  {
    route: 'post /video-courses/lessons/:id/notes',
    at: '/video-courses/lessons/{lesson}/notes',
    may: 'courseReaders',
    body: text,
  },
  {
    route: 'put /api/v1/video-courses/lessons/:id/notes',
    at: '/api/v1/video-courses/lessons/{lesson}/notes',
    may: 'courseReaders',
    body: text,
  },
  { route: 'post /video-courses/manage/courses', may: 'authorsOfProgramme', body: courseForm },
  {
    route: 'post /video-courses/manage/courses/:id',
    at: '/video-courses/manage/courses/{course}',
    may: 'authorsOfProgramme',
    body: courseForm,
  },
  {
    route: 'post /video-courses/manage/courses/:id/publish',
    at: '/video-courses/manage/courses/{draftCourse}/publish',
    may: 'authorsOfProgramme',
  },
  {
    route: 'post /video-courses/manage/courses/:id/delete',
    at: '/video-courses/manage/courses/{draftCourse}/delete',
    may: 'authorsOfProgramme',
  },
  {
    route: 'post /video-courses/manage/lessons/:id',
    at: '/video-courses/manage/lessons/{lesson}',
    may: 'authorsOfProgramme',
    body: courseForm,
  },
  {
    route: 'post /video-courses/manage/lessons/:id/delete',
    at: '/video-courses/manage/lessons/{lesson}/delete',
    may: 'authorsOfProgramme',
  },
  {
    route: 'post /video-courses/courses/:id/lessons',
    at: '/video-courses/courses/{draftCourse}/lessons',
    may: 'authorsOfProgramme',
  },
  { route: 'post /api/v1/video-courses/courses', may: 'authorsOfProgramme', body: course },
  {
    route: 'patch /api/v1/video-courses/courses/:id',
    at: '/api/v1/video-courses/courses/{course}',
    may: 'authorsOfProgramme',
    body: { title: { zh: '新名' } },
  },
  {
    route: 'delete /api/v1/video-courses/courses/:id',
    at: '/api/v1/video-courses/courses/{draftCourse}',
    may: 'authorsOfProgramme',
  },
  {
    route: 'patch /api/v1/video-courses/lessons/:id',
    at: '/api/v1/video-courses/lessons/{lesson}',
    may: 'authorsOfProgramme',
    body: { title: { zh: '新名' } },
  },
  {
    route: 'delete /api/v1/video-courses/lessons/:id',
    at: '/api/v1/video-courses/lessons/{lesson}',
    may: 'authorsOfProgramme',
  },
  { route: 'post /api/v1/video-courses/sessions', may: 'learnersOfProgramme', body: { lesson: '{lesson}' } },
  { route: 'post /api/v1/video-courses/beats', may: 'onlyLearner', body: beats },
  // What these name is a token of the caller's own; there is nothing outside it.
  { route: 'post /api/v1/video-courses/presence', may: 'signedIn' },
  { route: 'post /api/v1/video-courses/presence/extension', may: 'signedIn' },
  { route: 'post /video-courses/appeals', may: 'onlyLearner', body: appeal },
  { route: 'post /api/v1/video-courses/appeals', may: 'onlyLearner', body: appeal },
  {
    route: 'post /video-courses/appeals/:id',
    at: '/video-courses/appeals/{appeal}',
    may: 'granters',
    body: { seconds: 1, answer: '同意' },
  },
  {
    route: 'post /api/v1/video-courses/appeals/:id/decision',
    at: '/api/v1/video-courses/appeals/{appeal}/decision',
    may: 'granters',
    body: { seconds: 1, answer: '同意' },
  },
  // Before these nobody is signed in, or signing out is the point.
  ...['/sign-in', '/sign-out', '/activate', '/first-operator', '/api/v1/session'].map(
    (path): Line => ({ route: `post ${path}`, may: 'anyone' }),
  ),
  { route: 'delete /api/v1/session', may: 'anyone' },
];
