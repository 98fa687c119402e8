"""Hosts that belong to nobody in particular: what stands there is a profile or a mailbox, no company's website."""

from __future__ import annotations

_PROFILES = """
    linkedin.com lnkd.in facebook.com fb.com fb.me m.me x.com twitter.com t.co instagram.com threads.net xing.com
    youtube.com youtu.be tiktok.com pinterest.com reddit.com medium.com github.com gitlab.com bitbucket.org
    stackoverflow.com snapchat.com vk.com ok.ru weibo.com t.me telegram.me wa.me whatsapp.com discord.com discord.gg
    slack.com skype.com bsky.app mastodon.social tumblr.com vimeo.com twitch.tv quora.com about.me linktr.ee
    crunchbase.com angel.co wellfound.com viadeo.com meetup.com behance.net dribbble.com calendly.com bit.ly
    goodreads.com researchgate.net orcid.org docs.google.com drive.google.com sites.google.com maps.google.com
    goo.gl plus.google.com
"""
_MAILBOXES = """
    gmail.com googlemail.com outlook.com outlook.de outlook.fr hotmail.com hotmail.de hotmail.fr hotmail.co.uk
    hotmail.it hotmail.es live.com live.de live.fr live.co.uk msn.com yahoo.com yahoo.de yahoo.fr yahoo.co.uk
    yahoo.es yahoo.it yahoo.co.in yahoo.com.br yahoo.co.jp ymail.com rocketmail.com aol.com aim.com icloud.com
    me.com mac.com gmx.de gmx.net gmx.at gmx.ch gmx.com web.de t-online.de freenet.de arcor.de mail.de posteo.de
    mailbox.org proton.me protonmail.com protonmail.ch pm.me tutanota.com tutanota.de tuta.io fastmail.com
    fastmail.fm hey.com zoho.com zohomail.com mail.com mail.ru yandex.ru yandex.com bk.ru inbox.ru list.ru
    rambler.ru qq.com 163.com 126.com sina.com naver.com daum.net hanmail.net rediffmail.com orange.fr
    wanadoo.fr free.fr laposte.net sfr.fr libero.it virgilio.it tiscali.it alice.it tin.it uol.com.br bol.com.br
    terra.com.br wp.pl o2.pl onet.pl interia.pl seznam.cz centrum.cz ziggo.nl kpnmail.nl planet.nl telenet.be
    skynet.be bluewin.ch btinternet.com sky.com virginmedia.com comcast.net verizon.net att.net sbcglobal.net
    bellsouth.net cox.net charter.net shaw.ca rogers.com bigpond.com optusnet.com.au
"""
_SHARED = frozenset(f"{_PROFILES} {_MAILBOXES}".split())


def shared_host(host: str) -> str:
    """The host many share that `host` is or is part of (`de.linkedin.com` is part of `linkedin.com`); else ''."""
    parts = host.lower().strip(".").split(".")
    names = (".".join(parts[start:]) for start in range(len(parts) - 1))
    return next((name for name in names if name in _SHARED), "")
