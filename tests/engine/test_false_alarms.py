"""Honest pages that hold what spam holds too: what everybody uses is no evidence by itself.

Each family is one that a model flagged on real pages. The texts are our own.
"""

from __future__ import annotations

import pytest

from moderation.data import Action
from moderation.engine import Moderator

FRAME = (
    "<!DOCTYPE html><html><head><meta charset='utf-8'><title>{title}</title>"
    "<meta name='description' content='{title}'></head><body><ul><li><a href='/'>首页</a></li>"
    "<li><a href='/about'>关于我们</a></li><li><a href='/news'>新闻动态</a></li>"
    "<li><a href='/contact'>联系我们</a></li></ul>"
    "<h1>{title}</h1>{body}<p>本站内容由编辑部整理，转载请注明出处，如有错误请来信指正，我们会在三个工作日内答复。</p>"
    "<div>版权所有 未经许可不得转载 备案号待查</div></body></html>"
)

FAMILIES = {
    "contact lines": (
        "远澄阀门厂联系方式",
        "<p>客服QQ：1234567890，微信同号。</p><p>业务电话：13800000000，联系人：周经理，欢迎来电咨询。</p>",
    ),
    "platforms": (
        "市民服务平台使用说明",
        "<p>登录统一身份认证平台，进入网上办事大厅，选择需要办理的事项。平台支持手机号注册。</p>",
    ),
    "official sites": (
        "青岚人才网官方网站",
        "<p>欢迎访问本市人才市场唯一官方网站，官方网址请认准域名，谨防假冒。</p><a href='/g'>进入官网</a>",
    ),
    "log in and sign up": (
        "教务系统登录入口",
        "<p>学生登录入口、教师登录入口、忘记密码。新用户请先注册账号，注册后即可登录。</p>",
    ),
    "downloads": (
        "记账软件下载",
        "<p>安卓版下载 苹果版下载 电脑版下载，文件大小 23 MB，更新时间昨天，下载次数 1024。</p>",
    ),
    "lottery results": (
        "福利彩票开奖公告",
        "<p>双色球第2019031期开奖结果：红球 03 08 14 21 27 32，蓝球 09。请在兑奖期内到销售网点兑奖，理性购彩。</p>",
    ),
    "news on betting": (
        "警方通报一起网络赌博案",
        "<p>警方提醒，参与“时时彩”等网络赌博活动属于违法行为，涉案平台已被查封，十二名嫌疑人被刑事拘留。</p>",
    ),
    "news of casinos": (
        "青岚财经：博彩股午后走高",
        "<p>分析师认为，澳门赌场的贵宾厅业务已经见底，金沙中国和银河娱乐的中场收入好于预期，全年毛收入或增两成。</p>",
    ),
    "casinos on a journey": (
        "马来西亚云顶高原两日游",
        "<p>下午坐缆车上山，云顶娱乐城就在酒店楼下，年满二十一岁才能进赌场，我们只在门口拍了照就去看瀑布了。</p>",
    ),
    "odds columns": (
        "英超第九轮前瞻",
        "<p>威廉希尔给主队开出的胜赔是1.85，立博为1.90，客队近五战一胜三平一负，本报专家看好主队不败。</p>",
    ),
    "groups to join": (
        "青岚师范学院教师资格培训",
        "<p>报名方法：先加群123456789，再私聊群主。洽谈合作加微信13800000000，客服日夜值班。</p>",
    ),
    "functions of a site": (
        "关于统一身份登录平台升级的通知",
        "<p>统一身份登录平台今晚升级，请从旧版入口登录，招聘平台入口不受影响。</p><a href='/o'>旧版入口</a>",
    ),
    "code": (
        "样式表与散列函数",
        "<pre>.box{width:888px;margin:365px} k=0x3C6EF372; s.indexOf('shop365')&gt;=0; img/k7b20c9d4.webp</pre>",
    ),
    "novels": (
        "第三十一章 旧城",
        "<p>他把外套搭在椅背上，想起那年在澳门的赌场里输掉的那块表，摇了摇头，没有再说话。</p>",
    ),
    "films": (
        "电影《山路》剧情介绍",
        "<p>导演：林远；主演：周舟、何田；类型：剧情；地区：内地；片长：九十八分钟。在线观看请到正规平台。</p>",
    ),
    "group buying": (
        "火锅双人餐团购",
        "<p>随时退 过期退 不满意免单，需提前两小时预约，每张券限两人使用，不再与其他优惠同享。</p>",
    ),
    "lists of brands": (
        "汽车品牌大全",
        "<div><a href='/1'>奥迪</a> <a href='/2'>宝马</a> <a href='/3'>奔驰</a> <a href='/4'>大众</a> 丰田 本田</div>",
    ),
    "hospitals": (
        "青岚市人民医院泌尿外科",
        "<p>科室开展前列腺疾病、结石和男性不育的诊治，周一至周五上午门诊，可通过医院公众号预约挂号。</p>",
    ),
    "games": (
        "纸牌接龙小游戏",
        "<p>用鼠标拖动纸牌，按花色从小到大排列。支持撤销和提示，无需下载，打开网页即可开始。</p>",
    ),
    "honest names of the same stem": (
        "永利机械设备有限公司",
        "<p>永利机械创立于一九九八年，生产输送带和包装机械，产品销往二十多个省市，欢迎参观考察。</p>",
    ),
    "places of the same stem": (
        "金沙遗址博物馆参观指南",
        "<p>金沙遗址博物馆每周一闭馆，其余时间九点开放，请凭身份证预约参观，讲解服务在大厅办理。</p>",
    ),
    "fashion of the same stem": (
        "米兰婚纱摄影工作室",
        "<p>米兰婚纱摄影提供外景和室内两种套系，底片全部赠送，档期请提前一个月预订。</p>",
    ),
}


@pytest.mark.parametrize("family", FAMILIES)
def test_family_is_allowed(family: str) -> None:
    title, body = FAMILIES[family]
    verdict = Moderator.load().check(FRAME.format(title=title, body=body))
    assert verdict.action is Action.ALLOW, [(each.text, each.score) for each in verdict.findings]


@pytest.mark.parametrize("family", FAMILIES)
def test_the_same_page_with_spam_in_it_is_not(family: str) -> None:
    title, body = FAMILIES[family]
    spam = "澳门新葡京娱乐场官网_时时彩投注平台_百家乐开户送彩金"
    page = FRAME.format(title=f"{spam}_{title}", body=f"<div>{spam}</div>{body}")
    verdict = Moderator.load().check(page)
    assert any(each.label == "gambling" for each in verdict.findings)
    assert all(spam in each.text or each.text in spam for each in verdict.findings if each.score > 0.99)


BRANDED = (
    "3044am永利集团",
    "beat365官网",
    "8846威尼斯",
    "开云(中国)官方网站",
    "yl6809永利",
    "新葡京官网登录",
)


@pytest.mark.parametrize("brand", BRANDED)
def test_brand_in_the_place_of_a_school_is_found(brand: str) -> None:
    page = FRAME.format(
        title=f"{brand}2018届毕业生毕业典礼隆重举行",
        body=f"<p>昨日上午，{brand}2018届毕业生毕业典礼在体育馆举行，院领导、教师代表和全体毕业生参加典礼。</p>"
        f"<p>{brand}党委书记在讲话中勉励毕业生脚踏实地，{brand}师生代表先后发言。</p>",
    )
    verdict = Moderator.load().check(page)
    assert verdict.action is not Action.ALLOW
    assert any(brand in each.text for each in verdict.findings)
