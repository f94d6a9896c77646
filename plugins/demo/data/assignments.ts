/** Two tasks for each programme, graded out of 100 by the workshop's moderator; both are required. */
export interface DemoTask {
  id: string;
  title: { zh: string; en: string };
  instructions: { zh: string; en: string };
}

export const seniorTasks: DemoTask[] = [
  {
    id: 's-task-design',
    title: { zh: '一节课的改进设计', en: 'One lesson, improved' },
    instructions: {
      zh: '选一节您上过的高中课，只改一个环节。写明：原来怎么教、学生哪里没学会、准备怎么改、用什么证据判断改好了。800 字左右，可附教学设计或课件。',
      en: 'Take one senior high lesson that you taught and change a single step: how it was, what pupils did not learn, what you change, and what evidence will show it worked. About 800 characters; you may attach the plan.',
    },
  },
  {
    id: 's-task-reflection',
    title: { zh: '研修反思与行动计划', en: 'Reflection and plan of action' },
    instructions: {
      zh: '回顾本期学习，写一件您打算在一个月内做成的小事：做什么、为哪个班、怎样检验。500 字以上，必须原创。',
      en: 'Looking back at this phase, describe one small thing you will achieve within a month: what, for which class, and how you will check it. At least 500 characters, your own words.',
    },
  },
];

export const basicTasks: DemoTask[] = [
  {
    id: 'b-task-observation',
    title: { zh: '一份学生（幼儿）观察记录', en: 'A record of observing one child' },
    instructions: {
      zh: '连续三天观察一名学生或幼儿，每天十分钟。写明时间、地点、看见了什么、您的理解、下一步怎样支持。请用化名，不附照片。',
      en: 'Observe one child for ten minutes on three days running. Give time, place, what you saw, how you understand it, and how you will support the child. Use an invented name and no photographs.',
    },
  },
  {
    id: 'b-task-micro-lesson',
    title: { zh: '三分钟微课脚本', en: 'Script of a three-minute lesson' },
    instructions: {
      zh: '选一个知识点或一个游戏，写一份三分钟微课脚本：画面、讲解词、提问各是什么，学生看完会做什么。可附音视频或幻灯片。',
      en: 'Pick one point or one game and script three minutes: pictures, words, questions, and what pupils will be able to do afterwards. You may attach sound, video or slides.',
    },
  },
];
