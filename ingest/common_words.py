"""Words that people write without naming anything: an entity called `docs` or `search` is not meant by them.

Entity names of one such word are linked only where the text makes it plain (see `ingest.linking`). The list
holds everyday English and the trade's own nouns; names of products are deliberately absent.
"""

_WORDS = """
    a about above access account accounts across action actions activity actual add added address admin
    administrator after again against age agent agents ago alert alerts alias all allow almost alone along already
    also always am among amount an analytics and announcement annotation annotations another answer answers any
    anyone anything api apis app application applications apps architecture archive are area around art article
    articles as ask asset assets assistant at attribute audio audit auth authentication author authorization auto
    automation available avoid away back backend backup bad balance bank bar base based baseline basic batch be
    because become been before begin behind being below benchmark best better between big billing binary bit blob
    block blog board book books boot bot both bottom box branch bridge bring broker browser bucket budget bug build
    builder builds bus business but button by cache caching calendar call called can candidate candidates card cart
    case catalog catalogue category cause center central certificate change changes channel channels chart chat
    check checkout checks child choose city class clean client clients clock close cloud cluster clusters code
    collection collector color column columns come command comment commerce commit common community company
    compare complete component components compute concept config configuration connect connection connector
    console consumer container content context contract control controller convert copy core correct cost costs
    could count counter country course cpu create created credit cron current custom customer customers daily
    dashboard dashboards data database databases dataset datasets date day days deal debug deep default define
    delete delivery demo department deploy deployed deployment deployments describe design desktop detail details
    dev develop developer developers development device devices did diff different digest directory discovery
    discount disk display do doc docs document documentation documents does doing domain domains done down download
    drive driver drop during each early edge edit editor email embedding embeddings employee empty enable end
    endpoint engine engineer engineering engineers enough enter enterprise entity entities entry environment error
    errors etc evaluation even event events ever every example examples except exchange execute experiment
    experiments explain export extension external extra face fail failed failure fallback false family fast
    feature features feed feedback fetch few field fields file files filter final finance find first fix flag flags
    flow folder follow following for form format forward found foundation frame framework free fresh from front
    frontend full function functions further game gateway general generate generator get gets give given go goal
    good graph graphs great green group groups grow guest guide guidelines had handle handler happen happens has
    have he head header health help helper helpers her here high him his history hit hold home hook host hosts hot
    hour hours house how however hub i id ideas identity if image images impact import important in incident
    incidents index info information infra infrastructure ingest ingestion initial input insert inside insight
    insights install instance instances integration integrations interface internal internet into inventory invoice
    is issue issues it item items its job jobs join just keep key keys kind know known lab label labels lake lambda
    language large last late latency later layer lead learn learning least left legacy less let level libraries
    library life light like limit line link links list lists live load loader local location locations lock log
    logger logging login logs long look lookup loop low machine machines made mail main maintain make manage
    management manager many map mapping maps market marketing marketplace match matrix may me mean means measure
    media medium member members memory menu merchant mesh message messages messaging meta metadata method metric
    metrics middle might migration migrations minute minutes mobile mode model models module modules money monitor
    monitoring month more most mount move movie much music must my name names need needs network new news next
    night no node nodes none normal not note notebook notes nothing notification notifications now number object
    of off offer office offline often ok old on onboarding once one online only open operate operation operations
    operator option options or order orders org organisation organization other our out output over overview own
    owned owner owners owns package packages page pages pair paper parameter parent part partner parts party pass
    password past path pattern patterns pay payment payments people per performance period permission permissions
    person phone photo pipeline pipelines place plan planner plans platform platforms play player playlist
    playlists please plugin plugins podcast podcasts point points policies policy pool port portal position
    possible post prediction predictions preview price prices pricing print private problem problems process
    processing processor product production products profile profiles program project projects promotion proof
    properties property protocol provide provider providers proxy public publish publisher pull purchase purpose
    push put quality queries query question questions queue queues quick quota quote random range ranker ranking
    rate rating ratings raw read reader ready real really reason recent recipe recommend recommendation
    recommendations record records recover red reference refresh region register registry regression related
    release releases remote remove render replica report reporting reports repository request requests require
    research reset resolve resource resources response rest restart restore result results retention retrieval
    return returns review reviews rewards right risk role roles rollback root route router routes routing row rows
    rule rules run runbook runbooks runner runs safe safety sales same sample sandbox save say scale schedule
    scheduler schema schemas score scores scoring screen script scripts sdk search second secret secrets section
    secure security see seed segment select self send sender sense sent sequence serve server servers service
    services serving session sessions set sets setting settings setup shard share shared she sheet shell shipping
    shop shopping short should show side sign signal signals similar simple simulation since single site sites
    size skill sla slack slo small snapshot so social software some someone something soon sort source sources
    space special specification speed sport spot spring stack staff stage staging standard start started state
    static statistics status step steps still stock stop storage store stores stories story stream streaming
    streams street string structure studio style subject submit subscription such summary supplier supply support
    sure survey sync system systems table tables tag tags take talk target targets task tasks taxonomy team teams
    tech technical technology tell template templates tenant term terms test testing tests text than that the
    their them theme then there these they thing things think this those threshold through ticket tickets time
    timeline times timing title to today together token tokens too tool tooling toolkit tools top topic topics
    total trace tracing track tracker tracking tracks trade traffic train trainer training transaction transfer
    transform transport travel tree trend trigger true trust try turn tutorial tv two type types under unit up
    update updates upload upper url us usage use used user users uses using utility utils validate validation
    value values vector vectors version versions very via video videos view viewer views virtual visit voice
    volume wait wallet want warehouse warning was watch way ways we web webapp website week welcome well went were
    what when where whether which while who whole whose why wide widget wiki will window with within without word
    words work worker workers workflow workflows workload works workspace world would write writer wrong year yes
    yet you your zone
"""

COMMON_WORDS = frozenset(_WORDS.split())
