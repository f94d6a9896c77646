/**
 * The accounts that the demonstration publishes: one or more of every role, all with one password. Free of imports, so
 * that the process manager and the simulated learners stay light.
 */
export const demoPassword = 'xuefang-2026';

interface DemoAccount {
  login: string;
  /** Role, in both languages. */
  role: { zh: string; en: string };
  /** What a visitor sees with it first. */
  look: { zh: string; en: string };
}

/** The learner who is a minute away from qualifying. */
export const almostThereLogin = 'teacher';
/** A learner in the middle of the programme. */
export const halfwayLogin = 'learner';

/** Login of the n-th simulated learner, from 1. */
export const simulatedLogin = (n: number): string => `sim-${String(n).padStart(3, '0')}`;

/** Login of a school's administrator; that of the special learner's school is also called `school`. */
export const schoolLogin = (school: string): string => `school-${school.toLowerCase()}`;

/** Login of the n-th workshop's moderator, from 1. */
export const moderatorLogin = (n: number): string => (n === 1 ? 'moderator' : `moderator-${n}`);

/** Logins of the county bureaus, by region. */
export const bureauLogins: Record<string, string> = {
  '410204': 'gulou',
  '410202': 'longting',
  '410203': 'shunhe',
  '410205': 'yuwangtai',
  '410200-XQ': 'xinqu',
  '410212': 'xiangfu',
  '410221': 'qixian',
  '410222': 'tongxu',
  '410223': 'weishi',
};

export const demoAccounts: readonly DemoAccount[] = [
  {
    login: almostThereLogin,
    role: { zh: '学员', en: 'Learner' },
    look: {
      zh: '差 40 秒视频就合格：点“继续学习”，播放到合格，看学时登记和证书',
      en: 'Forty seconds of video from qualifying: continue, play, then see hours registered and the certificate',
    },
  },
  {
    login: halfwayLogin,
    role: { zh: '学员', en: 'Learner' },
    look: { zh: '学到一半：课程、研讨、作业、成绩', en: 'Half way: courses, discussion, tasks, result' },
  },
  {
    login: 'moderator',
    role: { zh: '坊主', en: 'Moderator' },
    look: {
      zh: '工作台：谁需要帮助、待批作业、提醒学员（teacher 在此坊）',
      en: 'Desk: who needs help, grading, nudging (teacher is a member)',
    },
  },
  {
    login: 'gulou',
    role: { zh: '区教育局', en: 'District bureau' },
    look: {
      zh: '鼓楼区看板，实时变化（longting 看不到鼓楼区）',
      en: 'Board of 鼓楼区, live (longting sees nothing of it)',
    },
  },
  {
    login: 'longting',
    role: { zh: '区教育局', en: 'District bureau' },
    look: { zh: '龙亭区看板', en: 'Board of 龙亭区' },
  },
  {
    login: 'city',
    role: { zh: '市教育局', en: 'City bureau' },
    look: { zh: '全市看板，各区对比，大屏', en: 'Board of the city, its districts compared, big screen' },
  },
  {
    login: 'province',
    role: { zh: '省', en: 'Province' },
    look: { zh: '全省看板', en: 'Board of the province' },
  },
  {
    login: 'school',
    role: { zh: '学校管理员', en: 'School administrator' },
    look: { zh: '报名：名单、上传 Excel', en: 'Enrolment: list, upload of an .xlsx' },
  },
  {
    login: 'provider',
    role: { zh: '承担机构', en: 'Provider manager' },
    look: { zh: '培训项目、考核方案、工作坊', en: 'Programme, scheme, workshops' },
  },
  {
    login: 'author',
    role: { zh: '课程作者', en: 'Course author' },
    look: { zh: '课程与各讲，上传视频', en: 'Courses and lessons, upload of videos' },
  },
  {
    login: 'expert',
    role: { zh: '专家', en: 'Expert' },
    look: { zh: '本项目的研讨：等待回应的发言', en: 'The programme’s discussions: what waits for an answer' },
  },
  {
    login: 'operator',
    role: { zh: '运维', en: 'Operator' },
    look: { zh: '插件、任务、学时推送、健康状态', en: 'Plugins, jobs, deliveries, health' },
  },
];
