"""Who gets which answer: every address × every role. Reviewed line by line against the permission matrix.

L leads to the login page; Y is shown or done; D 403, may see the thing but not do this; H 404, out of sight;
C 409, the page belongs to somebody else or is no longer true. Methods that have no line are answered 405.
"""

from typing import Final

LOGIN, DONE, DENIED, HIDDEN, METHOD, CONFLICT = "L", "Y", "D", "H", "-", "C"

# Presses that change nobody's data: they look, choose, or lead to a second page that does the work.
SHOWS_ONLY: Final = frozenset(
    """
    reports:alert-reveal
    reports:child-reveal
    reports:offline-confirm
    reports:offline-upload
    reports:places
    schools:account-import
    schools:account-import-confirm
    schools:first-passwords
    schools:school-import
    schools:school-import-confirm
    students:movement-arrive
    students:movement-pick
    students:roster-drop-g
    students:student-search
    """.split()
)

# The order of ROLES in access_world.py; cl, ct, ht, pr belong to the school that the address names (ct to the class of
# the child), cs and tw to its township; oc and op are clerk and principal of a school in another township.
TABLE: Final = """

                                           an cl oc ct ht pr op cs rv ao ld tw in ad au
accounts:login                        get  Y  Y  Y  Y  Y  Y  Y  Y  Y  Y  Y  Y  Y  Y  Y
accounts:login                        post Y  Y  Y  Y  Y  Y  Y  Y  Y  Y  Y  Y  Y  Y  Y
accounts:logout                       post L  L  L  L  L  L  L  L  L  L  L  L  L  L  L
accounts:other-sessions-end           post L  Y  Y  Y  Y  Y  Y  Y  Y  Y  Y  Y  Y  Y  Y
accounts:password-change              get  L  Y  Y  Y  Y  Y  Y  Y  Y  Y  Y  Y  Y  Y  Y
accounts:password-change              post L  Y  Y  Y  Y  Y  Y  Y  Y  Y  Y  Y  Y  Y  Y
accounts:password-confirm             get  L  Y  Y  Y  Y  Y  Y  Y  Y  Y  Y  Y  Y  Y  Y
accounts:password-confirm             post L  Y  Y  Y  Y  Y  Y  Y  Y  Y  Y  Y  Y  Y  Y
accounts:profile                      get  L  Y  Y  Y  Y  Y  Y  Y  Y  Y  Y  Y  Y  Y  Y
accounts:session-end                  post L  Y  H  H  H  H  H  H  H  H  H  H  H  H  H

                                           an cl oc ct ht pr op cs rv ao ld tw in ad au
monitoring:correction-detail          get  L  Y  H  H  H  Y  H  Y  H  H  H  H  H  H  H
monitoring:edition-annex2             get  L  Y  H  H  H  Y  H  Y  Y  H  H  H  Y  H  H
monitoring:edition-detail             get  L  Y  H  H  H  Y  H  Y  Y  H  H  H  Y  H  H
monitoring:edition-figure             get  L  Y  H  H  H  Y  H  Y  Y  H  H  H  Y  H  H
monitoring:mark-answer                get  L  Y  H  H  H  D  H  D  D  H  H  H  D  H  H
monitoring:mark-answer                post L  Y  H  H  H  D  H  D  D  H  H  H  D  H  H
monitoring:return-accept              post L  D  H  H  H  D  H  D  Y  H  H  H  D  H  H
monitoring:return-annex2              get  L  Y  H  H  H  Y  H  Y  Y  H  H  H  Y  H  H
monitoring:return-begin-optional      post L  Y  H  H  H  D  H  D  D  H  H  H  D  H  H
monitoring:return-detail              get  L  Y  H  H  H  Y  H  Y  Y  H  H  H  Y  H  H
monitoring:return-differences         get  L  Y  H  H  H  Y  H  Y  Y  H  H  H  Y  H  H
monitoring:return-figure              get  L  Y  H  H  H  Y  H  Y  Y  H  H  H  Y  H  H
monitoring:return-list                get  L  Y  H  H  H  Y  H  Y  Y  H  H  H  Y  H  H
monitoring:return-pull-back           post L  Y  H  H  H  D  H  D  D  H  H  H  D  H  H
monitoring:return-remark              get  L  Y  H  H  H  D  H  D  D  H  H  H  D  H  H
monitoring:return-remark              post L  Y  H  H  H  D  H  D  D  H  H  H  D  H  H
monitoring:return-reopen              get  L  D  H  H  H  D  H  D  Y  H  H  H  D  H  H
monitoring:return-reopen              post L  D  H  H  H  D  H  D  Y  H  H  H  D  H  H
monitoring:return-review              get  L  D  H  H  H  D  H  D  Y  H  H  H  D  H  H
monitoring:return-schools             get  L  Y  Y  D  D  Y  Y  Y  Y  D  D  D  Y  D  D
monitoring:return-send-back-bureau    get  L  D  H  H  H  D  H  D  Y  H  H  H  D  H  H
monitoring:return-send-back-bureau    post L  D  H  H  H  D  H  D  Y  H  H  H  D  H  H
monitoring:return-send-back-principal get  L  D  H  H  H  Y  H  D  D  H  H  H  D  H  H
monitoring:return-send-back-principal post L  D  H  H  H  Y  H  D  D  H  H  H  D  H  H
monitoring:staged-add                 get  L  Y  H  H  H  D  H  D  D  H  H  H  D  H  H
monitoring:staged-add                 post L  Y  H  H  H  D  H  D  D  H  H  H  D  H  H
monitoring:staged-void                get  L  Y  H  H  H  D  H  D  D  H  H  H  D  H  H
monitoring:staged-void                post L  Y  H  H  H  D  H  D  D  H  H  H  D  H  H
monitoring:staged-withdraw            post L  Y  H  H  H  D  H  D  D  H  H  H  D  H  H

                                           an cl oc ct ht pr op cs rv ao ld tw in ad au
reports:alert-list                    get  L  D  D  D  D  D  D  D  Y  D  Y  D  D  D  D
reports:alert-reveal                  get  L  D  D  D  D  D  D  D  Y  D  Y  D  D  D  D
reports:alert-reveal                  post L  D  D  D  D  D  D  D  Y  D  Y  D  D  D  D
reports:board                         get  L  D  D  D  D  D  D  Y  Y  D  D  D  Y  D  D
reports:board-accept                  get  L  D  D  D  D  D  D  D  Y  D  D  D  D  D  D
reports:board-accept                  post L  D  D  D  D  D  D  D  Y  D  D  D  D  D  D
reports:board-export                  get  L  D  D  D  D  D  D  Y  Y  D  D  D  Y  D  D
reports:board-month                   get  L  D  D  D  D  D  D  Y  Y  D  D  D  Y  D  D
reports:certificate-allow             post L  D  D  D  D  D  D  D  D  D  D  D  D  Y  D
reports:certificate-list              get  L  D  D  D  D  D  D  D  D  D  D  D  D  Y  D
reports:certificate-revoke            get  L  D  D  D  D  D  D  D  D  D  D  D  D  Y  D
reports:certificate-revoke            post L  D  D  D  D  D  D  D  D  D  D  D  D  Y  D
reports:child                         get  L  Y  H  Y  H  Y  H  Y  Y  H  H  H  Y  H  H
reports:child-reveal                  post L  Y  H  Y  H  Y  H  Y  Y  H  H  H  D  H  H
reports:home                          get  L  Y  Y  Y  Y  Y  Y  Y  Y  Y  Y  Y  Y  Y  Y
reports:key-import                    get  L  Y  Y  Y  Y  Y  Y  Y  Y  Y  Y  Y  Y  Y  Y
reports:key-import                    post L  Y  Y  Y  Y  Y  Y  Y  Y  Y  Y  Y  Y  Y  Y
reports:more                          get  L  Y  Y  Y  Y  Y  Y  Y  Y  Y  Y  Y  Y  Y  Y
reports:offline-confirm               post L  Y  Y  D  D  D  D  D  D  D  D  D  D  D  D
reports:offline-download              get  L  Y  H  D  D  D  D  D  D  D  D  D  D  D  D
reports:offline-upload                get  L  Y  Y  D  D  D  D  D  D  D  D  D  D  D  D
reports:offline-upload                post L  Y  Y  D  D  D  D  D  D  D  D  D  D  D  D
reports:places                        get  L  Y  Y  Y  Y  Y  Y  Y  Y  Y  Y  Y  Y  Y  Y
reports:places                        post L  Y  H  H  H  H  H  H  H  H  H  H  H  H  H
reports:remind                        post L  D  D  D  D  D  D  Y  Y  D  D  D  D  D  D
reports:remind-all                    get  L  D  D  D  D  D  D  Y  Y  D  D  D  D  D  D
reports:remind-all                    post L  D  D  D  D  D  D  Y  Y  D  D  D  D  D  D
reports:return-form                   get  L  Y  H  H  H  Y  H  Y  Y  H  H  H  D  H  H
reports:return-preview                get  L  Y  H  H  H  Y  H  Y  Y  H  H  H  D  H  H
reports:return-sign                   get  L  D  H  H  H  Y  H  D  D  H  H  H  D  H  H
reports:return-sign                   post L  D  H  H  H  Y  H  D  D  H  H  H  D  H  H
reports:return-submit                 get  L  Y  H  H  H  D  H  D  D  H  H  H  D  H  H
reports:return-submit                 post L  Y  H  H  H  D  H  D  D  H  H  H  D  H  H
reports:revocation-list               get  L  Y  Y  Y  Y  Y  Y  Y  Y  Y  Y  Y  Y  Y  Y
reports:root-certificate              get  L  Y  Y  Y  Y  Y  Y  Y  Y  Y  Y  Y  Y  Y  Y
reports:seal-custodian                post L  D  H  H  H  Y  H  D  D  H  H  H  D  D  D
reports:seal-detail                   get  L  Y  H  H  H  Y  H  Y  Y  H  H  H  Y  Y  Y
reports:seal-end                      get  L  D  H  H  H  Y  H  D  D  H  H  H  D  D  D
reports:seal-end                      post L  D  H  H  H  Y  H  D  D  H  H  H  D  D  D
reports:seal-register                 get  L  Y  Y  D  D  Y  Y  Y  Y  D  D  D  Y  Y  Y
reports:seal-register-file            get  L  Y  H  H  H  Y  H  Y  Y  H  H  H  Y  Y  Y
reports:seal-restart                  get  L  D  H  H  H  Y  H  D  D  H  H  H  D  D  D
reports:seal-restart                  post L  D  H  H  H  Y  H  D  D  H  H  H  D  D  D
reports:seal-scan                     get  L  D  H  H  H  Y  H  D  D  H  H  H  D  D  D
reports:seal-scan                     post L  D  H  H  H  Y  H  D  D  H  H  H  D  D  D
reports:signature-detail              get  L  Y  Y  Y  Y  Y  Y  Y  Y  Y  Y  Y  Y  Y  Y
reports:signature-forget              post L  Y  Y  Y  Y  Y  Y  Y  Y  Y  Y  Y  Y  Y  Y
reports:signature-scan                get  L  Y  Y  Y  Y  Y  Y  Y  Y  Y  Y  Y  Y  Y  Y
reports:signature-scan                post L  Y  Y  Y  Y  Y  Y  Y  Y  Y  Y  Y  Y  Y  Y
reports:signature-strokes             post L  Y  Y  Y  Y  Y  Y  Y  Y  Y  Y  Y  Y  Y  Y
reports:summary                       get  L  D  D  D  D  D  D  Y  Y  Y  Y  D  D  D  D
reports:summary-file                  get  L  D  D  D  D  D  D  Y  Y  Y  Y  D  D  D  D
reports:summary-month                 get  L  D  D  D  D  D  D  Y  Y  Y  Y  D  D  D  D
reports:transfer-board                get  L  D  D  D  D  D  D  Y  Y  D  D  D  Y  D  D
reports:verify                        get  Y  Y  Y  Y  Y  Y  Y  Y  Y  Y  Y  Y  Y  Y  Y
reports:verify                        post Y  Y  Y  Y  Y  Y  Y  Y  Y  Y  Y  Y  Y  Y  Y
reports:verify-code                   get  Y  Y  Y  Y  Y  Y  Y  Y  Y  Y  Y  Y  Y  Y  Y

                                           an cl oc ct ht pr op cs rv ao ld tw in ad au
schools:account-appoint               get  L  D  D  D  D  Y  H  D  Y  D  D  D  D  Y  D
schools:account-appoint               post L  D  D  D  D  Y  H  D  Y  D  D  D  D  Y  D
schools:account-close                 get  L  D  D  D  D  Y  H  D  Y  D  D  D  D  Y  D
schools:account-close                 post L  D  D  D  D  Y  H  D  Y  D  D  D  D  Y  D
schools:account-create                get  L  D  D  D  D  Y  Y  D  Y  D  D  D  D  Y  D
schools:account-create                post L  D  D  D  D  Y  Y  D  Y  D  D  D  D  Y  D
schools:account-detail                get  L  D  D  D  D  Y  H  Y  Y  D  D  D  D  Y  Y
schools:account-import                get  L  D  D  D  D  D  D  D  Y  D  D  D  D  Y  D
schools:account-import                post L  D  D  D  D  D  D  D  Y  D  D  D  D  Y  D
schools:account-import-check          get  L  D  D  D  D  D  D  D  Y  D  D  D  D  Y  D
schools:account-import-confirm        post L  D  D  D  D  D  D  D  Y  D  D  D  D  Y  D
schools:account-import-template       get  L  D  D  D  D  D  D  D  Y  D  D  D  D  Y  D
schools:account-list                  get  L  D  D  D  D  Y  Y  Y  Y  D  D  D  D  Y  Y
schools:account-rename                get  L  D  D  D  D  Y  H  D  Y  D  D  D  D  Y  D
schools:account-rename                post L  D  D  D  D  Y  H  D  Y  D  D  D  D  Y  D
schools:account-reopen                get  L  D  D  D  D  Y  H  D  Y  D  D  D  D  Y  D
schools:account-reopen                post L  D  D  D  D  Y  H  D  Y  D  D  D  D  Y  D
schools:account-reset                 get  L  D  D  D  D  Y  H  D  D  D  D  D  D  Y  D
schools:account-reset                 post L  D  D  D  D  Y  H  D  D  D  D  D  D  Y  D
schools:account-sessions-end          post L  D  D  D  D  D  H  D  D  D  D  D  D  Y  D
schools:account-unlock                post L  D  D  D  D  Y  H  D  D  D  D  D  D  Y  D
schools:annex2-edit                   get  L  D  D  D  D  D  D  D  Y  D  D  D  D  Y  D
schools:annex2-edit                   post L  D  D  D  D  D  D  D  Y  D  D  D  D  Y  D
schools:calendar                      get  L  Y  Y  Y  Y  Y  Y  Y  Y  Y  Y  Y  Y  Y  Y
schools:calendar-year                 get  L  Y  Y  Y  Y  Y  Y  Y  Y  Y  Y  Y  Y  Y  Y
schools:first-passwords               post L  D  D  D  D  D  D  D  Y  D  D  D  D  Y  D
schools:holiday-create                get  L  D  D  D  D  D  D  D  Y  D  D  D  D  Y  D
schools:holiday-create                post L  D  D  D  D  D  D  D  Y  D  D  D  D  Y  D
schools:holiday-remove                post L  D  D  D  D  D  D  D  Y  D  D  D  D  Y  D
schools:klass-close                   post L  Y  H  D  D  Y  H  D  Y  D  D  D  D  Y  D
schools:klass-create                  get  L  Y  H  D  D  Y  H  D  Y  D  D  D  D  Y  D
schools:klass-create                  post L  Y  H  D  D  Y  H  D  Y  D  D  D  D  Y  D
schools:month-edit                    get  L  D  D  D  D  D  D  D  Y  D  D  D  D  Y  D
schools:month-edit                    post L  D  D  D  D  D  D  D  Y  D  D  D  D  Y  D
schools:months-recalculate            get  L  D  D  D  D  D  D  D  Y  D  D  D  D  Y  D
schools:months-recalculate            post L  D  D  D  D  D  D  D  Y  D  D  D  D  Y  D
schools:post-end                      post L  D  D  D  D  Y  H  D  Y  D  D  D  D  Y  D
schools:school-close                  get  L  D  H  D  D  D  H  D  Y  D  D  D  D  Y  D
schools:school-close                  post L  D  H  D  D  D  H  D  Y  D  D  D  D  Y  D
schools:school-create                 get  L  D  D  D  D  D  D  D  Y  D  D  D  D  Y  D
schools:school-create                 post L  D  D  D  D  D  D  D  Y  D  D  D  D  Y  D
schools:school-detail                 get  L  Y  H  Y  Y  Y  H  Y  Y  Y  Y  Y  Y  Y  Y
schools:school-edit                   get  L  D  H  D  D  D  H  D  Y  D  D  D  D  Y  D
schools:school-edit                   post L  D  H  D  D  D  H  D  Y  D  D  D  D  Y  D
schools:school-import                 get  L  D  D  D  D  D  D  D  Y  D  D  D  D  Y  D
schools:school-import                 post L  D  D  D  D  D  D  D  Y  D  D  D  D  Y  D
schools:school-import-check           get  L  D  D  D  D  D  D  D  Y  D  D  D  D  Y  D
schools:school-import-confirm         post L  D  D  D  D  D  D  D  Y  D  D  D  D  Y  D
schools:school-import-template        get  L  D  D  D  D  D  D  D  Y  D  D  D  D  Y  D
schools:school-list                   get  L  Y  Y  Y  Y  Y  Y  Y  Y  Y  Y  Y  Y  Y  Y
schools:setting-edit                  get  L  D  D  D  D  D  D  D  Y  D  D  D  D  Y  D
schools:setting-edit                  post L  D  D  D  D  D  D  D  D  D  D  D  D  Y  D
schools:setting-list                  get  L  D  D  D  D  D  D  D  Y  D  D  D  D  Y  D
schools:term-edit                     get  L  D  D  D  D  D  D  D  Y  D  D  D  D  Y  D
schools:term-edit                     post L  D  D  D  D  D  D  D  Y  D  D  D  D  Y  D
schools:township-create               get  L  D  D  D  D  D  D  D  Y  D  D  D  D  Y  D
schools:township-create               post L  D  D  D  D  D  D  D  Y  D  D  D  D  Y  D
schools:township-list                 get  L  D  D  D  D  D  D  D  Y  D  D  D  D  Y  D
schools:township-rename               get  L  D  D  D  D  D  D  D  Y  D  D  D  D  Y  D
schools:township-rename               post L  D  D  D  D  D  D  D  Y  D  D  D  D  Y  D
schools:year-create                   get  L  D  D  D  D  D  D  D  Y  D  D  D  D  Y  D
schools:year-create                   post L  D  D  D  D  D  D  D  Y  D  D  D  D  Y  D

                                           an cl oc ct ht pr op cs rv ao ld tw in ad au
students:absence-detail               get  L  Y  H  H  H  Y  H  Y  Y  H  H  H  Y  H  H
students:absence-edit                 get  L  Y  H  H  H  D  H  D  D  H  H  H  D  H  H
students:absence-edit                 post L  Y  H  H  H  D  H  D  D  H  H  H  D  H  H
students:absence-end                  get  L  Y  H  H  H  D  H  D  D  H  H  H  D  H  H
students:absence-end                  post L  Y  H  H  H  D  H  D  D  H  H  H  D  H  H
students:absence-list                 get  L  Y  Y  Y  D  Y  Y  Y  Y  D  D  D  Y  D  D
students:absence-start                get  L  Y  H  Y  H  D  H  D  D  H  H  H  D  H  H
students:absence-start                post L  Y  H  Y  H  D  H  D  D  H  H  H  D  H  H
students:absence-void                 get  L  Y  H  H  H  D  H  D  D  H  H  H  D  H  H
students:absence-void                 post L  Y  H  H  H  D  H  D  D  H  H  H  D  H  H
students:circumstance-add             get  L  Y  H  D  H  D  H  D  D  H  H  H  D  H  H
students:circumstance-add             post L  Y  H  D  H  D  H  D  D  H  H  H  D  H  H
students:circumstance-end             get  L  Y  H  H  H  D  H  D  D  H  H  H  H  H  H
students:circumstance-end             post L  Y  H  H  H  D  H  D  D  H  H  H  H  H  H
students:circumstance-void            get  L  Y  H  H  H  D  H  D  D  H  H  H  H  H  H
students:circumstance-void            post L  Y  H  H  H  D  H  D  D  H  H  H  H  H  H
students:evidence-attach              post L  Y  H  D  H  D  H  D  D  H  H  H  D  H  H
students:evidence-list                get  L  Y  H  Y  H  Y  H  Y  Y  H  H  H  Y  H  H
students:evidence-show                get  L  Y  H  Y  H  Y  H  Y  Y  H  H  H  Y  H  H
students:evidence-withdraw            post L  Y  H  D  H  D  H  D  D  H  H  H  D  H  H
students:guardian-add                 get  L  Y  H  D  H  D  H  D  D  H  H  H  D  H  H
students:guardian-add                 post L  Y  H  D  H  D  H  D  D  H  H  H  D  H  H
students:guardian-edit                get  L  Y  H  D  H  D  H  D  D  H  H  H  D  H  H
students:guardian-edit                post L  Y  H  D  H  D  H  D  D  H  H  H  D  H  H
students:guardian-remove              post L  Y  H  D  H  D  H  D  D  H  H  H  D  H  H
students:movement-arrive              get  L  Y  Y  D  D  D  D  D  D  D  D  D  D  D  D
students:movement-arrive              post L  Y  Y  D  D  D  D  D  D  D  D  D  D  D  D
students:movement-arrive-book         post L  Y  H  D  D  D  D  D  D  D  D  D  D  D  D
students:movement-arrive-effect       get  L  Y  H  D  D  D  D  D  D  D  D  D  D  D  D
students:movement-depart              get  L  Y  H  D  H  D  H  D  D  H  H  H  D  H  H
students:movement-depart              post L  Y  H  D  H  D  H  D  D  H  H  H  D  H  H
students:movement-detail              get  L  Y  H  Y  H  Y  H  Y  Y  H  H  H  Y  H  H
students:movement-effect              get  L  Y  H  D  H  D  H  D  D  H  H  H  D  H  H
students:movement-list                get  L  Y  Y  Y  D  Y  Y  Y  Y  D  D  D  Y  D  D
students:movement-pick                get  L  Y  Y  D  D  D  D  D  D  D  D  D  D  D  D
students:movement-pick                post L  Y  Y  D  D  D  D  D  D  D  D  D  D  D  D
students:movement-regrade             get  L  Y  H  D  H  D  H  D  D  H  H  H  D  H  H
students:movement-regrade             post L  Y  H  D  H  D  H  D  D  H  H  H  D  H  H
students:movement-undo                get  L  Y  H  D  H  D  H  D  D  H  H  H  D  H  H
students:movement-undo                post L  Y  H  D  H  D  H  D  D  H  H  H  D  H  H
students:placement-end                get  L  Y  H  D  H  D  H  D  D  H  H  H  D  H  H
students:placement-end                post L  Y  H  D  H  D  H  D  D  H  H  H  D  H  H
students:placement-set                get  L  Y  H  D  H  D  H  D  D  H  H  H  D  H  H
students:placement-set                post L  Y  H  D  H  D  H  D  D  H  H  H  D  H  H
students:placement-void               get  L  Y  H  D  H  D  H  D  D  H  H  H  D  H  H
students:placement-void               post L  Y  H  D  H  D  H  D  D  H  H  H  D  H  H
students:rollover-commit              post L  D  D  D  D  D  D  D  Y  D  D  D  D  D  D
students:rollover-preview             get  L  D  D  D  D  D  D  D  Y  D  D  D  D  D  D
students:rollover-undo                post L  D  D  D  D  D  D  D  Y  D  D  D  D  D  D
students:roster-answers               post L  Y  H  H  H  H  H  H  H  H  H  H  H  H  H
students:roster-columns               get  L  Y  H  H  H  H  H  H  H  H  H  H  H  H  H
students:roster-columns               post L  Y  H  H  H  H  H  H  H  H  H  H  H  H  H
students:roster-compare               post L  Y  H  H  H  H  H  H  H  H  H  H  H  H  H
students:roster-confirm               get  L  Y  H  H  H  H  H  H  H  H  H  H  H  H  H
students:roster-confirm               post L  Y  H  H  H  H  H  H  H  H  H  H  H  H  H
students:roster-detail                get  L  Y  H  H  H  H  H  H  H  H  H  H  H  H  H
students:roster-discard               post L  Y  H  H  H  H  H  H  H  H  H  H  H  H  H
students:roster-drop-g                post L  Y  H  H  H  H  H  H  H  H  H  H  H  H  H
students:roster-errors                get  L  Y  H  H  H  H  H  H  H  H  H  H  H  H  H
students:roster-upload                get  L  Y  Y  D  D  D  D  D  D  D  D  D  D  D  D
students:roster-upload                post L  Y  Y  D  D  D  D  D  D  D  D  D  D  D  D
students:student-correct              get  L  Y  H  D  H  D  H  D  D  H  H  H  D  H  H
students:student-correct              post L  Y  H  D  H  D  H  D  D  H  H  H  D  H  H
students:student-edit                 get  L  Y  H  D  H  D  H  D  D  H  H  H  D  H  H
students:student-edit                 post L  Y  H  D  H  D  H  D  D  H  H  H  D  H  H
students:student-export               get  L  Y  Y  Y  D  Y  Y  Y  Y  D  D  D  D  D  D
students:student-klass                get  L  Y  H  D  H  D  H  D  D  H  H  H  D  H  H
students:student-klass                post L  Y  H  D  H  D  H  D  D  H  H  H  D  H  H
students:student-list                 get  L  Y  Y  Y  D  Y  Y  Y  Y  D  D  D  Y  D  D
students:student-search               get  L  Y  Y  Y  D  Y  Y  Y  Y  D  D  D  Y  D  D
students:student-search               post L  Y  Y  Y  D  Y  Y  Y  Y  D  D  D  Y  D  D
students:transfer-begin-in            get  L  Y  Y  D  D  D  D  D  D  D  D  D  D  D  D
students:transfer-begin-in            post L  Y  C  D  D  D  D  D  D  D  D  D  D  D  D
students:transfer-begin-out           get  L  Y  H  D  H  D  H  D  D  H  H  H  D  H  H
students:transfer-begin-out           post L  Y  H  D  H  D  H  D  D  H  H  H  D  H  H
students:transfer-cancel              post L  D  Y  H  H  D  D  D  D  H  H  H  D  H  H
students:transfer-confirm             post L  Y  D  H  H  D  D  D  D  H  H  H  D  H  H
students:transfer-confirm-many        get  L  Y  Y  D  D  D  D  D  D  D  D  D  D  D  D
students:transfer-confirm-many        post L  Y  Y  D  D  D  D  D  D  D  D  D  D  D  D
students:transfer-detail              get  L  Y  Y  H  H  Y  Y  Y  Y  H  H  H  Y  H  H
students:transfer-list                get  L  Y  Y  Y  D  Y  Y  Y  Y  D  D  D  Y  D  D
students:transfer-refuse              post L  Y  D  H  H  D  D  D  D  H  H  H  D  H  H
"""

MATRIX: Final = {
    (line.split()[0], line.split()[1]): "".join(line.split()[2:])
    for line in TABLE.splitlines()
    if ":" in line
}
