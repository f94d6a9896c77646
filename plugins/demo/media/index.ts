/** Written by make.sh from the files beside it: what each lesson video is. Times are whole seconds, rounded down. */
export interface MediaFile {
  id: string;
  file: string;
  type: 'video/mp4' | 'video/webm';
  seconds: number;
  bytes: number;
  /** Where each chapter starts, and its heading on the slides. */
  chapters: readonly { at: number; title: string }[];
}
export const media = [
  {
    id: 'ethics',
    file: 'ethics.mp4',
    type: 'video/mp4',
    seconds: 106,
    bytes: 881343,
    chapters: [
      { at: 5, title: '为什么从师德谈起' },
      { at: 30, title: '十项准则里的三条底线' },
      { at: 55, title: '案例：一次当众批评' },
      { at: 82, title: '请您想一想' },
    ],
  },
  {
    id: 'classroom',
    file: 'classroom.mp4',
    type: 'video/mp4',
    seconds: 140,
    bytes: 1175627,
    chapters: [
      { at: 5, title: '从“教完了”到“学会了”' },
      { at: 32, title: '以学定教：先知道学生在哪里' },
      { at: 60, title: '合作学习不是坐在一起' },
      { at: 89, title: '评价：当堂看见进步' },
      { at: 116, title: '小结与任务' },
    ],
  },
  {
    id: 'information',
    file: 'information.webm',
    type: 'video/webm',
    seconds: 103,
    bytes: 884627,
    chapters: [
      { at: 5, title: '先问目的，再选工具' },
      { at: 30, title: '三种常用的课堂做法' },
      { at: 60, title: '数据与隐私' },
      { at: 83, title: '动手试一试' },
    ],
  },
  {
    id: 'class-management',
    file: 'class-management.mp4',
    type: 'video/mp4',
    seconds: 102,
    bytes: 799045,
    chapters: [
      { at: 5, title: '规则由大家一起定' },
      { at: 29, title: '关系先于管理' },
      { at: 54, title: '冲突来了怎么办' },
      { at: 79, title: '用活动凝聚班级' },
    ],
  },
  {
    id: 'play',
    file: 'play.webm',
    type: 'video/webm',
    seconds: 96,
    bytes: 795468,
    chapters: [
      { at: 5, title: '先观察，再介入' },
      { at: 30, title: '游戏是儿童的工作' },
      { at: 50, title: '有特殊需要的孩子' },
      { at: 74, title: '写好一份观察记录' },
    ],
  },
  {
    id: 'closing',
    file: 'closing.mp4',
    type: 'video/mp4',
    seconds: 55,
    bytes: 398176,
    chapters: [
      { at: 5, title: '回顾三个关键词' },
      { at: 23, title: '给自己定一个小目标' },
      { at: 41, title: '感谢您的学习' },
    ],
  },
] as const satisfies readonly MediaFile[];
