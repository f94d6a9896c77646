import { cast, type Who } from './world.ts';

const people = (names: string): Who[] => names.split(' ').map((name) => name as Who);
const and = (...lists: Who[][]): Who[] => cast.filter((who) => lists.some((list) => list.includes(who)));

const anyone: Who[] = [...cast];
const signedIn: Who[] = cast.filter((who) => who !== 'anonymous');
/** Who looks after the people of a programme, seen from the path's learner. */
const overseersOfLearner = people('moderator provider school county city province operator');
const managersOfProgramme = people('provider city province operator');
const managersOfTopics = people('provider operator');
const enrollers = people('school county city operator');
const watchersOfCounty = people('county city province operator');
const overseersOfWorkshop = and(people('moderator'), managersOfProgramme);
const learnersOfProgramme = people('learner classmate');

/** Who may, by name; roles that are named `…Anywhere` see only their own scope there. */
export const rules = {
  anyone,
  signedIn,
  nobody: [] as Who[],
  operators: people('operator'),
  onlyLearner: people('learner'),
  onlyCounty: people('county'),
  topicLeaders: managersOfTopics,
  participants: people('learner classmate moderator'),
  regionJoiners: people('city operator'),
  topicWriters: people('learner moderator provider operator'),
  /** Whoever has no programme at all reads an empty list. */
  unansweredReaders: people(
    'moderator otherModerator expert otherExpert otherAuthor otherProvider otherCity otherProvince',
  ),
  adviser: people('expert'),
  learnersAnywhere: people('learner classmate otherLearner'),
  learnersOfProgramme,
  overseersOfLearner,
  learnerAndOverseers: and(people('learner'), overseersOfLearner),
  managersOfProgramme,
  managersAnywhere: people('provider otherProvider city otherCity province otherProvince operator'),
  enrollers,
  enrollersOfProgramme: and(enrollers, people('otherSchool otherCounty')),
  enrollersAnywhere: and(enrollers, people('otherSchool otherCounty otherCity')),
  watchersOfCounty,
  watchersOfCity: people('city province operator'),
  watchersAnywhere: and(watchersOfCounty, people('otherCounty otherCity otherProvince')),
  moderatorOfWorkshop: people('moderator'),
  moderatorsAnywhere: people('moderator otherModerator'),
  gradedAndGrader: people('learner moderator'),
  overseersOfWorkshop,
  membersAndOverseers: and(people('learner'), overseersOfWorkshop),
  workshopsAnywhere: and(
    people('learner moderator otherModerator county otherCounty'),
    managersOfProgramme,
    people('otherProvider otherCity otherProvince'),
  ),
  workshopOverseersAnywhere: people(
    'provider otherProvider county otherCounty city otherCity province otherProvince operator',
  ),
  workshopManagers: people('provider city operator'),
  taskReaders: people('learner classmate moderator provider operator'),
  taskSetters: people('moderator provider operator'),
  topicReaders: people(
    'learner classmate moderator expert provider school otherSchool county otherCounty city province operator',
  ),
  workshopTopicReaders: people(
    'learner moderator expert provider school otherSchool county otherCounty city province operator',
  ),
  postReadersOfLearner: people('classmate moderator expert provider school county city province operator'),
  courseReaders: people(
    'learner classmate moderator otherModerator expert author provider county otherCounty city province operator',
  ),
  authorsOfProgramme: people('author provider operator'),
  authorsAnywhere: people('author otherAuthor provider otherProvider operator'),
  granters: people('moderator provider'),
  grantersAnywhere: people('moderator otherModerator provider otherProvider'),
  judgesAnywhere: people(
    'moderator otherModerator provider otherProvider county otherCounty city otherCity province otherProvince operator',
  ),
  retriers: people('provider operator'),
  retriersAnywhere: people('provider otherProvider operator'),
};
export type Rule = keyof typeof rules;
