/**
 * What invented learners write, put together from parts so that hardly two contributions read alike: posts and replies
 * of 20 characters and more for the simulation, and short reports for tasks. Chinese only, like the learners.
 */
import type { Random } from './random.ts';

const when = [
  '上周三第二节课',
  '这学期刚开学时',
  '昨天的早读',
  '期中考试之后',
  '去年带毕业班时',
  '今天的集体备课',
  '上一次家长会前',
  '周五的班会课',
];
const what = [
  '我把一个追问换成了三分钟的小组讨论',
  '我请一名从不举手的学生来讲自己的想法',
  '我把作业分成必做和选做两部分',
  '我先让学生写下不懂的地方再开始讲',
  '我试着只在最后十分钟作讲评',
  '我用一张出门条收集全班的疑问',
  '我和搭班老师互相听了一节课',
  '我把课件删掉一半，多留时间给学生练',
  '我按观察记录调整了座位和分工',
];
const found = [
  '发现真正卡住的地方和我预想的不一样',
  '平时安静的几个学生反而说得最多',
  '用时比原来少，错误率也降下来了',
  '一开始有些乱，两周以后明显顺了',
  '优等生觉得慢，中等生收获最大',
  '有五六个学生课后主动来找我继续谈',
  '家长的反馈比我估计的要好得多',
  '课堂安静下来的时间提前了好几分钟',
];
const asked = [
  '想请教各位怎样兼顾进度。',
  '下一步打算再试一个班看看。',
  '还没想清楚怎样评价才公平。',
  '欢迎同学科的老师一起来改。',
  '我把记录留着，月底再对照一次。',
  '您那里有没有更省时间的办法？',
  '这也许只适合我们班，供大家参考。',
];
const agreed = [
  '您说的这个办法我也用过',
  '这一点对我很有启发',
  '读了两遍，很受触动',
  '我们学校的情况和您相近',
  '这个细节常常被我们忽略',
];
const added = [
  '不同的是我会先和班委商量，再告诉全班。',
  '我准备明天就在自己的班上试一试，回来再说结果。',
  '想补充一点：提前告诉家长，配合会好得多。',
  '请问人数多的大班该怎样分组才不乱？',
  '我的体会是次数不能多，一周一次正合适。',
  '如果能附上学生的作品，就更有说服力了。',
];

/** A post of 30 to 70 characters. */
export const postText = (random: Random): string =>
  `${random.pick(when)}，${random.pick(what)}，${random.pick(found)}。${random.pick(asked)}`;

/** A reply of 20 to 45 characters. */
export const replyText = (random: Random): string => `${random.pick(agreed)}，${random.pick(added)}`;

/** What is handed in for a task: four short paragraphs. */
export const taskText = (random: Random): string =>
  [
    `一、背景：${random.pick(when)}，${random.pick(what)}。`,
    `二、发现：${random.pick(found)}，同时${random.pick(found)}。`,
    `三、改进：接下来，${random.pick(what)}，并用出门条和课堂观察来检验。`,
    `四、反思：${random.pick(asked)}`,
  ].join('\n');
