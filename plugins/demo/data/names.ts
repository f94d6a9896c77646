/** Invented personal names: common surnames, ordinary given names; combinations that belong to famous people are skipped. */
import type { Random } from './random.ts';

export type Sex = 'male' | 'female';

/** Roughly by frequency: a character that stands twice or more is met more often. */
const surnames = [
  ...'王王王王王李李李李李张张张张张刘刘刘刘陈陈陈杨杨杨赵赵赵黄黄周周吴吴徐徐孙孙孙马马马朱朱胡胡郭郭郭何何高高',
  ...'林罗郑郑梁谢宋宋宋唐许许韩韩冯冯邓曹曹彭曾肖田田董董袁潘蒋蔡余杜杜叶程程苏魏魏吕吕丁任任沈姚卢姜崔崔钟',
  ...'谭陆汪范金石廖贾贾夏韦付方白邹孟孟熊秦邱江尹薛闫闫段雷侯侯龙史陶黎贺顾毛郝郝龚邵万钱严覃武戴莫孔向汤温康施文牛樊葛邢安齐乔庞',
];
const doubleSurnames = ['欧阳', '上官', '司马', '诸葛', '皇甫', '尉迟'];

const given = {
  male: {
    single: [...'伟强军磊勇涛斌波辉刚鹏飞超杰凯浩亮健峰旭宁震彬锋恒毅岩坤翔博'],
    first: [...'建志文国永海明俊宏晓卫保新春红玉光立金成振长学家德庆世广少东子思一浩宇天泽'],
    second: [...'军伟强平华明勇涛林峰辉杰斌刚生民波鹏飞龙亮超磊杨州洋宇轩然博远清安'],
  },
  female: {
    single: [...'敏静丽艳娟霞燕玲芳萍红梅莉颖洁琳倩蕾婷雪慧颖瑞琪珂月楠爽蕊'],
    first: [...'晓丽秀玉春海红雪艳亚文淑桂爱小金慧佳雅思梦梓雨静美凤彦俊会瑞书若'],
    second: [...'丽敏娟霞燕玲芳萍红梅莉洁琳华英荣珍云君娜静艳倩蕾婷雪慧颖琪月楠平'],
  },
};

const famous = new Set(
  (
    '李娜 王菲 刘涛 张杰 杨洋 李健 周杰 李静 刘洋 王亚平 陈龙 刘翔 姚明 李宁 王军霞 张艺 张宁 孙杨 杨扬 郎平 刘国正 王宁 ' +
    '李明 李文华 李克 李强 李雪健 王强 王毅 王军 张军 李志 刘欢 郭晶 韩雪 孙俪 孙红雷 黄海波 黄磊 黄晓明 陈红 陈建斌 陈明 张静 ' +
    '高敏 高洁 何洁 何炅 马龙 马琳 马云 马英 马丽 王楠 王励 丁宁 丁俊晖 许海峰 许文强 金庸 江敏 江华 江海 胡军 胡静 胡杨 ' +
    '朱军 朱玲 朱婷 田亮 宋佳 宋丹 宋英杰 宋玉 董洁 董卿 唐伟 唐嫣 林丹 林峰 林志玲 林志颖 林玲 范伟 范明 吴刚 吴京 吴敏霞 吴秀波 ' +
    '郭涛 郭德 袁泉 郑爽 郑凯 徐静蕾 徐峥 赵薇 赵文卓 赵雅芝 赵丽颖 赵丽蓉 赵红霞 叶青 何强 周迅 周涛 周波 雷军 任静 任飞 秦海璐 ' +
    '李小龙 李小璐 李冰冰 李小鹏 李连杰 李少红 李玉 李红 杨威 杨幂 杨子 杨超 杨俊 杨雪 陶红 陶虹 陈凯 陈建 曾志伟 ' +
    '武大靖 孟雪 邓亚萍 邓超 石磊 毛新宇 孔令辉 龙平平 王文华 王海燕 王晓平 刘志军 刘晓明 李长春 李春华 张春华 张海迪 张高丽 张德江'
  ).split(' '),
);

/** A name of two to four characters. */
export function inventName(sex: Sex, random: Random): string {
  const { single, first, second } = given[sex];
  for (;;) {
    const surname = random.chance(0.004) ? random.pick(doubleSurnames) : random.pick(surnames);
    const [a, b] = [random.pick(first), random.pick(second)];
    const name = surname + (random.chance(0.22) ? random.pick(single) : a + b);
    if (a !== b && !famous.has(name)) return name;
  }
}
