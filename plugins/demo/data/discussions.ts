/** Three topics for each programme, and a few sample contributions (20 characters or more, as the rule asks). */
export interface DemoTopic {
  id: string;
  title: { zh: string; en: string };
  prompt: { zh: string; en: string };
  /** Posts by invented learners, with replies to them. */
  samples: { post: string; replies: string[] }[];
}

export const seniorTopics: DemoTopic[] = [
  {
    id: 's-topic-trust',
    title: { zh: '学生为什么愿意相信一位老师？', en: 'Why do pupils trust a teacher?' },
    prompt: {
      zh: '请讲一件真实的小事：您（或您遇到的老师）做了什么，学生从此更愿意开口了？隐去姓名，说清经过。',
      en: 'Tell one true small story: what did you (or a teacher you met) do that made pupils readier to speak? Leave out names, be precise about what happened.',
    },
    samples: [
      {
        post: '有次我把一道题讲错了，第二天当着全班道了歉，还请发现错误的同学上来讲。后来提问的人明显多了。',
        replies: ['承认错误比讲对十道题更有力量，我下周也想试试让学生来当小老师。'],
      },
      {
        post: '高三晚自习我习惯每天找两个学生聊三分钟，只听不劝，一学期下来很多误会都没有了。',
        replies: [
          '只听不劝最难做到，请问您怎样安排时间，不影响辅导其他学生？',
          '我们年级也试过，关键是固定时间，学生心里有数。',
        ],
      },
    ],
  },
  {
    id: 's-topic-questions',
    title: { zh: '一节课里，一个好问题', en: 'One good question in a lesson' },
    prompt: {
      zh: '请写出您课上用过的一个好问题：当时的情境、问题原话、学生的反应。也可以说一个失败的问题，并改一改。',
      en: 'Give one good question you asked in class: the situation, the exact words, what pupils did. Or give one that failed, and mend it.',
    },
    samples: [
      {
        post: '讲《赤壁赋》时我问：如果苏轼没有被贬，还会有这篇文章吗？学生自发分成两派，争了整整一节课。',
        replies: ['这个问题没有标准答案，却逼着学生回到文本里找证据，值得借鉴。'],
      },
      {
        post: '数学课我把“这道题怎么做”换成“你第一眼想到什么，为什么又放弃了”，学生开始愿意讲思路。',
        replies: ['让放弃的思路也有价值，这一问把错误变成了资源，我记下了。'],
      },
    ],
  },
  {
    id: 's-topic-technology',
    title: { zh: '技术帮了忙，还是添了乱？', en: 'Did technology help or get in the way?' },
    prompt: {
      zh: '说一次您在课堂上使用信息技术的经历：想解决什么问题，结果如何？如果不用它，您会怎么做？',
      en: 'Describe one use of information technology in class: which problem was it to solve, and did it? What would you do without it?',
    },
    samples: [
      {
        post: '用答题器做了一次前测，三分钟就知道一半学生把牛顿第三定律和平衡力弄混了，当堂调整了教学顺序。',
        replies: ['前测数据最怕看完就放下，您当堂就改了顺序，这才是真正用起来。'],
      },
    ],
  },
];

export const basicTopics: DemoTopic[] = [
  {
    id: 'b-topic-rules',
    title: { zh: '班规，谁来定、怎么定？', en: 'Class rules: whose, and how?' },
    prompt: {
      zh: '请贴出您班上的一条班规，说说它是怎样产生的、执行得怎样、后来有没有修改。幼儿园老师可以谈一日常规。',
      en: 'Share one rule of your class: how it came about, how it is kept, and whether it changed. Kindergarten teachers may speak of daily routines.',
    },
    samples: [
      {
        post: '我们班只有三条班规，都是孩子们投票定的，其中一条是“别人说话时眼睛看着他”，执行得最好。',
        replies: ['三条刚刚好，我班上写了十二条，孩子们一条也背不出来，准备精简。'],
      },
      {
        post: '小班的常规我用图片贴在墙上，洗手、喝水、收玩具，孩子自己看图就会做，不用老师反复催。',
        replies: ['图片比语言管用，我们中班加上了孩子自己的照片，他们更愿意看。'],
      },
    ],
  },
  {
    id: 'b-topic-observe',
    title: { zh: '我看见了一个不一样的孩子', en: 'I saw a child in a new light' },
    prompt: {
      zh: '请描述一次观察：时间、情境、孩子的一句原话或一个动作。先写事实，再写您的理解，最后写您做了什么。使用化名。',
      en: 'Describe one observation: time, situation, something the child said or did. First the facts, then your understanding, then what you did. Use an invented name.',
    },
    samples: [
      {
        post: '小雨平时不说话，那天区域游戏里她给小熊讲了一个完整的故事。我没有打断，只是第二天多放了几本绘本。',
        replies: ['没有打断真好，很多时候我们一表扬，孩子反而不说了，值得学习。'],
      },
    ],
  },
  {
    id: 'b-topic-homework',
    title: { zh: '作业少一点，学得好一点', en: 'Less homework, better learning' },
    prompt: {
      zh: '您布置过的最有效的一次作业是什么？说说设计、用时和学生完成的情况；也欢迎说说被您取消的作业。',
      en: 'Which homework worked best for you? Tell its design, the time it took and what came back; or tell which homework you dropped.',
    },
    samples: [
      {
        post: '我把抄写生字换成“给家里的东西贴名字”，孩子们回家贴得到处都是，听写正确率反而提高了。',
        replies: ['生活里的识字最牢靠，明天我就给一年级布置这个，谢谢您的分享。'],
      },
      {
        post: '数学周末作业改成去菜市场记三样菜价再编一道题，家长反馈说孩子第一次主动要做作业。',
        replies: ['编题比做题更能看出理解的程度，周一可以让他们互相解答。'],
      },
    ],
  },
];
