import type { Line } from './line.ts';

/** Everything that is read, by area. `names` may read the learner's name there; the learner always may. */
export const reads: Line[] = [
  // sign-in
  { route: 'get /sign-in', may: 'anyone' },
  // activate
  { route: 'get /activate', may: 'anyone' },
  // first-operator
  { route: 'get /first-operator', may: 'nobody' },
  // language
  { route: 'get /language', may: 'anyone' },
  // programme
  { route: 'get /programme', may: 'anyone' },
  // account
  { route: 'get /account', may: 'signedIn' },
  // accounts
  { route: 'get /accounts', may: 'enrollersAnywhere', names: 'enrollers' },
  { route: 'get /accounts/:id', at: '/accounts/{learner}', may: 'enrollers', names: 'enrollers' },
  { route: 'get /accounts/:id/grants', at: '/accounts/{learner}/grants', may: 'operators', names: 'operators' },
  // home
  { route: 'get /', may: 'anyone' },
  // search
  { route: 'get /search', may: 'anyone' },
  // help
  { route: 'get /help', may: 'anyone' },
  // operator
  { route: 'get /operator/regions', may: 'operators' },
  { route: 'get /operator/organisations', may: 'operators' },
  {
    route: 'get /operator/organisations/:id/people/new',
    at: '/operator/organisations/{school}/people/new',
    may: 'operators',
  },
  { route: 'get /operator', may: 'operators' },
  { route: 'get /operator/jobs', may: 'operators' },
  { route: 'get /operator/audit', may: 'operators', names: 'operators', perhaps: true },
  // programmes
  { route: 'get /programmes/new', may: 'operators' },
  { route: 'get /programmes', may: 'signedIn' },
  { route: 'get /programmes/:id', at: '/programmes/{programme}', may: 'anyone' },
  { route: 'get /api/v1/programmes/:id', at: '/api/v1/programmes/{programme}', may: 'signedIn' },
  { route: 'get /api/v1/programmes', may: 'signedIn' },
  { route: 'get /programmes/:id', at: '/programmes/{draft}', may: 'managersOfProgramme' },
  { route: 'get /api/v1/programmes/:id', at: '/api/v1/programmes/{draft}', may: 'managersOfProgramme' },
  // tasks
  { route: 'get /tasks', may: 'managersAnywhere' },
  // assessment
  { route: 'get /assessment/result', may: 'signedIn' },
  { route: 'get /assessment/schemes', may: 'managersAnywhere' },
  { route: 'get /assessment/schemes/:programme', at: '/assessment/schemes/{programme}', may: 'managersOfProgramme' },
  {
    route: 'get /assessment/schemes/:programme/correct',
    at: '/assessment/schemes/{programme}/correct',
    may: 'managersOfProgramme',
  },
  {
    route: 'get /api/v1/assessment/results/:enrolment',
    at: '/api/v1/assessment/results/{enrolment}',
    may: 'learnerAndOverseers',
    names: 'overseersOfLearner',
  },
  {
    route: 'get /api/v1/assessment/schemes/:programme',
    at: '/api/v1/assessment/schemes/{programme}',
    may: 'managersOfProgramme',
  },
  {
    route: 'get /api/v1/assessment/schemes/:programme/rescorings/:version',
    at: '/api/v1/assessment/schemes/{programme}/rescorings/1',
    may: 'nobody',
  },
  // workshops
  { route: 'get /workshops/manage', may: 'workshopOverseersAnywhere' },
  { route: 'get /workshops/new', at: '/workshops/new?programme={programme}', may: 'workshopManagers' },
  { route: 'get /workshops/:id/edit', at: '/workshops/{workshop}/edit', may: 'workshopManagers' },
  {
    route: 'get /workshops/:id/nudge',
    at: '/workshops/{workshop}/nudge',
    may: 'moderatorOfWorkshop',
    names: 'moderatorOfWorkshop',
  },
  {
    route: 'get /workshops/:id/members/:enrolment',
    at: '/workshops/{workshop}/members/{enrolment}',
    may: 'overseersOfWorkshop',
    names: 'overseersOfWorkshop',
  },
  { route: 'get /workshops/', may: 'workshopsAnywhere', names: 'moderatorOfWorkshop' },
  {
    route: 'get /workshops/:id',
    at: '/workshops/{workshop}',
    may: 'membersAndOverseers',
    names: 'overseersOfWorkshop',
  },
  {
    route: 'get /workshops/:id/members.csv',
    at: '/workshops/{workshop}/members.csv',
    may: 'overseersOfWorkshop',
    names: 'overseersOfWorkshop',
  },
  { route: 'get /api/v1/workshops/:id', at: '/api/v1/workshops/{workshop}', may: 'membersAndOverseers' },
  {
    route: 'get /api/v1/workshops/:id/members',
    at: '/api/v1/workshops/{workshop}/members',
    may: 'overseersOfWorkshop',
    names: 'overseersOfWorkshop',
  },
  { route: 'get /api/v1/workshops', at: '/api/v1/workshops?programme={programme}', may: 'signedIn' },
  { route: 'get /api/v1/workshops', at: '/api/v1/workshops?programme={draft}', may: 'managersOfProgramme' },
  // assignments
  { route: 'get /assignments/grading', may: 'moderatorsAnywhere' },
  { route: 'get /assignments/submissions', may: 'moderatorsAnywhere', names: 'moderatorOfWorkshop' },
  {
    route: 'get /assignments/submissions/:enrolment/:task',
    at: '/assignments/submissions/{enrolment}/{task}',
    may: 'gradedAndGrader',
    names: 'moderatorOfWorkshop',
  },
  { route: 'get /assignments/', may: 'signedIn' },
  {
    route: 'get /assignments/new',
    at: '/assignments/new?programme={programme}',
    may: 'taskSetters',
    knows: 'learnersOfProgramme',
  },
  { route: 'get /assignments/:task', at: '/assignments/{task}', may: 'taskReaders' },
  {
    route: 'get /assignments/files/:enrolment/:task/:file',
    at: '/assignments/files/{enrolment}/{task}/none',
    may: 'nobody',
  },
  { route: 'get /api/v1/assignments/tasks', may: 'signedIn' },
  { route: 'get /api/v1/assignments/tasks/:task', at: '/api/v1/assignments/tasks/{task}', may: 'taskReaders' },
  { route: 'get /api/v1/assignments/submissions', may: 'signedIn', names: 'moderatorOfWorkshop' },
  {
    route: 'get /api/v1/assignments/submissions/:enrolment/:task',
    at: '/api/v1/assignments/submissions/{enrolment}/{task}',
    may: 'gradedAndGrader',
  },
  { route: 'get /api/v1/assignments/tasks', at: '/api/v1/assignments/tasks?programme={programme}', may: 'signedIn' },
  // certificates
  { route: 'get /certificates/check', may: 'anyone' },
  { route: 'get /certificates/check/:code', at: '/certificates/check/{code}', may: 'anyone' },
  { route: 'get /certificates/', may: 'signedIn', names: 'overseersOfLearner' },
  {
    route: 'get /certificates/:enrolment',
    at: '/certificates/{enrolment}',
    may: 'learnerAndOverseers',
    names: 'overseersOfLearner',
  },
  { route: 'get /certificates/:enrolment/pdf', at: '/certificates/{enrolment}/pdf', may: 'learnerAndOverseers' },
  { route: 'get /api/v1/certificates/check/:code', at: '/api/v1/certificates/check/{code}', may: 'anyone' },
  { route: 'get /api/v1/certificates/mine', may: 'signedIn' },
  {
    route: 'get /api/v1/certificates/:enrolment',
    at: '/api/v1/certificates/{enrolment}',
    may: 'learnerAndOverseers',
    names: 'overseersOfLearner',
  },
  { route: 'get /api/v1/certificates', may: 'signedIn', names: 'overseersOfLearner' },
  // discussions
  { route: 'get /discussions/', may: 'signedIn' },
  {
    route: 'get /discussions/unanswered',
    at: '/discussions/unanswered?programme={programme}',
    may: 'unansweredReaders',
    names: 'adviser',
  },
  { route: 'get /discussions/new', at: '/discussions/new?programme={programme}', may: 'topicReaders' },
  { route: 'get /discussions/:topic', at: '/discussions/{topic}', may: 'topicReaders', names: 'postReadersOfLearner' },
  {
    route: 'get /discussions/:topic/new',
    at: '/discussions/{topic}/new?after=2026-01-01',
    may: 'topicReaders',
    names: 'postReadersOfLearner',
  },
  { route: 'get /discussions/posts/:post', at: '/discussions/posts/{post}', may: 'topicReaders' },
  { route: 'get /api/v1/discussions/topics', may: 'signedIn' },
  {
    route: 'get /api/v1/discussions/topics/:topic',
    at: '/api/v1/discussions/topics/{topic}',
    may: 'topicReaders',
    names: 'postReadersOfLearner',
  },
  { route: 'get /discussions/:topic', at: '/discussions/{workshopTopic}', may: 'workshopTopicReaders' },
  {
    route: 'get /api/v1/discussions/topics/:topic',
    at: '/api/v1/discussions/topics/{workshopTopic}',
    may: 'workshopTopicReaders',
  },
  { route: 'get /api/v1/discussions/topics', at: '/api/v1/discussions/topics?programme={programme}', may: 'signedIn' },
  // enrolment
  { route: 'get /enrolment/', may: 'enrollersAnywhere' },
  { route: 'get /enrolment/template.xlsx', may: 'enrollersAnywhere' },
  { route: 'get /enrolment/rosters/:id', at: '/enrolment/rosters/{roster}', may: 'onlyCounty' },
  { route: 'get /enrolment/rosters/:id/marked.xlsx', at: '/enrolment/rosters/{roster}/marked.xlsx', may: 'onlyCounty' },
  { route: 'get /enrolment/:id', at: '/enrolment/{enrolment}', may: 'enrollers', names: 'enrollers' },
  { route: 'get /api/v1/enrolment/rosters/:id', at: '/api/v1/enrolment/rosters/{roster}', may: 'onlyCounty' },
  {
    route: 'get /api/v1/enrolment/learners',
    at: '/api/v1/enrolment/learners?programme={programme}',
    may: 'enrollersOfProgramme',
    names: 'enrollers',
  },
  // messages
  { route: 'get /messages/', may: 'signedIn' },
  { route: 'get /messages/:id', at: '/messages/none', may: 'nobody' },
  { route: 'get /api/v1/messages', may: 'signedIn' },
  { route: 'get /api/v1/messages/:id', at: '/api/v1/messages/none', may: 'nobody' },
  // monitoring
  { route: 'get /monitoring/', may: 'watchersAnywhere' },
  {
    route: 'get /monitoring/live',
    at: '/monitoring/live?programme={programme}&region={region}',
    may: 'watchersOfCounty',
  },
  { route: 'get /monitoring/screen', may: 'watchersAnywhere' },
  { route: 'get /monitoring/weeks', may: 'watchersAnywhere' },
  {
    route: 'get /monitoring/units.csv',
    at: '/monitoring/units.csv?programme={programme}&region={region}',
    may: 'watchersOfCounty',
  },
  {
    route: 'get /api/v1/monitoring/:programme/:region',
    at: '/api/v1/monitoring/{programme}/{region}',
    may: 'watchersOfCounty',
  },
  {
    route: 'get /api/v1/monitoring/:programme/:region/units',
    at: '/api/v1/monitoring/{programme}/{region}/units',
    may: 'watchersOfCounty',
  },
  {
    route: 'get /api/v1/monitoring/:programme/:region/trend',
    at: '/api/v1/monitoring/{programme}/{region}/trend',
    may: 'watchersOfCounty',
  },
  // registry
  { route: 'get /registry/', may: 'managersAnywhere', names: 'managersOfProgramme' },
  {
    route: 'get /registry/:enrolment',
    at: '/registry/{enrolment}',
    may: 'managersOfProgramme',
    names: 'managersOfProgramme',
  },
  { route: 'get /api/v1/registry/deliveries', may: 'signedIn', names: 'managersOfProgramme' },
  {
    route: 'get /api/v1/registry/deliveries/:enrolment',
    at: '/api/v1/registry/deliveries/{enrolment}',
    may: 'managersOfProgramme',
    names: 'managersOfProgramme',
  },
  {
    route: 'get /api/v1/registry/states/:enrolment',
    at: '/api/v1/registry/states/{enrolment}',
    may: 'learnerAndOverseers',
  },
  // video-courses
  { route: 'get /video-courses/', may: 'signedIn' },
  { route: 'get /video-courses/courses/:id', at: '/video-courses/courses/{course}', may: 'courseReaders' },
  { route: 'get /video-courses/lessons/:id', at: '/video-courses/lessons/{lesson}', may: 'courseReaders' },
  { route: 'get /video-courses/credit', may: 'learnersAnywhere' },
  { route: 'get /video-courses/manage', may: 'authorsAnywhere' },
  {
    route: 'get /video-courses/manage/courses/:id',
    at: '/video-courses/manage/courses/{course}',
    may: 'authorsOfProgramme',
  },
  {
    route: 'get /video-courses/manage/lessons/:id',
    at: '/video-courses/manage/lessons/{lesson}',
    may: 'authorsOfProgramme',
  },
  { route: 'get /video-courses/captions/:lesson', at: '/video-courses/captions/{lesson}', may: 'nobody' },
  { route: 'get /video-courses/media/:lesson', at: '/video-courses/media/{lesson}', may: 'courseReaders' },
  { route: 'get /video-courses/appeals', may: 'grantersAnywhere', names: 'granters' },
  { route: 'get /video-courses/anomalies', may: 'judgesAnywhere' },
  {
    route: 'get /api/v1/video-courses/lessons/:id/notes',
    at: '/api/v1/video-courses/lessons/{lesson}/notes',
    may: 'courseReaders',
  },
  { route: 'get /api/v1/video-courses/appeals', may: 'signedIn', names: 'granters' },
  { route: 'get /api/v1/video-courses/anomalies', may: 'signedIn' },
  {
    route: 'get /video-courses/credit',
    at: '/video-courses/credit?enrolment={enrolment}',
    may: 'learnerAndOverseers',
    names: 'overseersOfLearner',
  },
  {
    route: 'get /api/v1/video-courses/credit',
    at: '/api/v1/video-courses/credit?enrolment={enrolment}',
    may: 'learnerAndOverseers',
  },
  {
    route: 'get /api/v1/video-courses/progress',
    at: '/api/v1/video-courses/progress?enrolment={enrolment}',
    may: 'learnerAndOverseers',
  },
  {
    route: 'get /api/v1/video-courses/appeals/own',
    at: '/api/v1/video-courses/appeals/own?enrolment={enrolment}',
    may: 'learnerAndOverseers',
  },
  { route: 'get /video-courses/courses/:id', at: '/video-courses/courses/{draftCourse}', may: 'authorsOfProgramme' },
  {
    route: 'get /video-courses/manage/courses/:id',
    at: '/video-courses/manage/courses/{draftCourse}',
    may: 'authorsOfProgramme',
  },
  {
    route: 'get /api/v1/video-courses/courses',
    at: '/api/v1/video-courses/courses?programme={programme}',
    may: 'signedIn',
  },
  {
    route: 'get /api/v1/video-courses/courses',
    at: '/api/v1/video-courses/courses?programme={draft}',
    may: 'managersOfProgramme',
  },
  // openapi.json
  { route: 'get /api/v1/openapi.json', may: 'anyone' },
  // me
  { route: 'get /api/v1/me', may: 'signedIn' },
  { route: 'get /api/v1/me/enrolments', may: 'signedIn' },
  // enrolments
  {
    route: 'get /api/v1/enrolments/:id',
    at: '/api/v1/enrolments/{enrolment}',
    may: 'learnerAndOverseers',
    names: 'overseersOfLearner',
  },
  { route: 'get /api/v1/enrolments', may: 'signedIn', names: 'overseersOfLearner' },
  // regions
  { route: 'get /api/v1/regions/:id', at: '/api/v1/regions/{region}', may: 'anyone' },
  // roll-ups
  {
    route: 'get /api/v1/roll-ups/:programme/:region',
    at: '/api/v1/roll-ups/{programme}/{region}',
    may: 'watchersOfCounty',
  },
  { route: 'get /api/v1/roll-ups/:programme/:region', at: '/api/v1/roll-ups/{draft}/{region}', may: 'watchersOfCity' },
  // session
  { route: 'get /api/v1/session', may: 'anyone' },
];
