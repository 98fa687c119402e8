"""The icons that pages may use; `vendor` gathers exactly these into one sprite."""

_NAMES = """
activity adjustments-horizontal alert-circle alert-triangle archive arrow-back-up arrow-down
arrow-down-left arrow-left arrow-narrow-down arrow-narrow-left arrow-narrow-right arrow-narrow-up
arrow-right arrow-up arrow-up-right arrows-sort at award ban bell bolt book bookmark briefcase building
calendar calendar-event chart-bar chart-dots chart-funnel chart-line check checks chevron-down
chevron-left chevron-right chevron-up circle-check circle-dashed circle-x clipboard-check clock
cloud-upload columns command copy credit-card currency-euro database database-import device-desktop
device-mobile dots dots-vertical download edit external-link eye eye-off file-download file-import
file-invoice file-spreadsheet file-text filter flag flame folder forms gauge git-merge help hierarchy
history home hourglass id inbox info-circle key keyboard layout-columns link list list-check list-details
loader lock login logout mail mail-forward mail-opened map-pin menu-2 message message-circle messages
minus moon mouse news note notebook pencil phone phone-call player-pause player-play playlist plus point
presentation puzzle question-mark receipt refresh repeat robot route rss scale search send settings share
shield-check shield-lock shopping-cart snowflake sparkles star stethoscope sun switch-horizontal table tag
target temperature thumb-up timeline trash trending-down trending-up trophy upload user user-check
user-circle user-minus user-plus user-x users users-group video wand world world-www x zoom-in
"""
ICONS = tuple(_NAMES.split())
