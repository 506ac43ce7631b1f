"""The door for Django: texts of a model are judged before they are stored, in process or through the service.

``conf`` says what the site's settings say; ``fields`` finds the texts of any model and puts them back; ``judge`` gives
verdicts; ``models`` keeps what was held, refused or cut, and what people said of it; ``decide`` is what they may do
about it; ``guard`` is the mixin and the validator; ``comments`` listens to django-contrib-comments; ``audit`` judges
what is stored already. :mod:`moderation.wagtail` is built on it.

In the settings: ``INSTALLED_APPS = [..., "moderation.django"]``, and what :class:`moderation.django.conf.Conf` takes as
``MODERATION = {...}``, which may be left out.
"""
