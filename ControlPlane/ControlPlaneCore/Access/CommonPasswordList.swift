/// Passwords that many people chose, in lower case, from the frequency lists of zxcvbn (Dropbox, MIT licence) and Django (BSD licence): all of
/// them with 12 characters or more, and the most frequent plain words, which ``CommonPasswords`` also looks for under digits and marks.
/// A table, hence its length.
enum CommonPasswordList {
    static let text = #"""
        000000000000 010203040506 012345678910 014702580369 01telemike01 0r968ji9ufj6 102030405060 111111111111 111111111111111
        1111111111zz 111222333000 111222333444555 111222tianya 112233445566 122333444455555 123123123123 123123qweqwe 123321123321
        123321456654 123321qweewq 123456123456 123456654321 123456782000 1234567887654321 1234567890-= 123456789000 12345678900987654321
        1234567890123 12345678901234567890 1234567890987654321 1234567890qaz 1234567890qw 1234567890qwe 1234567890qwerty
        1234567890qwertyuiop 1234567890zzz 123456789101 1234567891011 123456789101112 123456789123 123456789123456 1234567891234567
        123456789123456789 1234567892000 12345678987654321 123456789987654321 123456789abc 123456789asd 123456789qaz 123456789qqq
        123456789qwe 123456789qwer 123456789qwerty 123456789zxc 1234567qwertyu 123456qwerty 1234qwerasdf 1234qwerasdfzxcv 123admin321a
        123qwe123qwe 123qwe456rty 123qweasdzxc 123qwerty123 12qw34er56ty 159753159753 159753456852 1a2s3d4f5g6h 1q2w3e4r5t6y
        1q2w3e4r5t6y7u 1q2w3e4r5t6y7u8i 1q2w3e4r5t6y7u8i9o 1q2w3e4r5t6y7u8i9o0p 1qa2ws3ed4rf 1qa2ws3ed4rf5tg 1qaz2wsx3edc
        1qaz2wsx3edc4rfv 1qazxsw23edc 1qazxsw23edcvfr4 23176djivanfros 31217221027711 32615948worms 41d8cd98f00b 4815162342lost
        520love101182 541233432442 5532361cnjqrf 59382113kevinp 742617000027 89231243658s 89876065093rax ??????@mail.ru a1s2d3f4g5h6
        aaaaa aaaaaa aaaaaaa aaaaaaaa aaaaaaaaaa aaasss aaliyah aardvark aaron abacab abc123456789 abcde abcdef abcdefg abcdefgh
        aberdeen abgrtyu abigail abnormal abrakadabra absolut abstr access accord achilles achtung acidburn acmilan action acura adgjmp
        adgjmptw adidas admin admin18533362 administrator adonis adrenalin adrian adriana adriano advent aezakmi africa afrika aggies
        aikido aikman airborne airbus airforce airman airplane airwolf akira alabama aladin alaska albany albatros albert alberto albion
        alcatraz alchemy alejandr alejandra alejandro aleksandr aleksandra aleksey alenka alessandro alessia alexande alexander alexandr
        alexandra alexandre alexey alexis alfred alibaba alicia aliens alinka alison allegro alleycat allison allmine allsop allstar
        aloha alpha alphabet alpine altima alucard always alyssa amadeus amadeusptfcor amand amanda amateur amateurs amatory amazon
        amber ambers ambrosia amelia americ america american amerika amethyst amigo amigos amorcit amore amoremio amsterda amsterdam
        an83546921an13 anaconda anakin analsex ananas anarchy anastasi anastasia anastasiya anderson andrea andreas andrei andres andrew
        andrewjackie andrey andromed andromeda anfield angel angela angelica angelina angelo angels angelus angus anhyeuem animal anime
        antananarivu antares antelope anthon anthony anthrax antoine anton antoni antonio anubis aolsucks apache apollo apple applepie
        apples april aprilia aptiva aquarius arabella24630 aragorn aramis arcadia archange archie argentin argentina aries arizona arjay
        armada armagedon armani armstron arnold arrow arrows arsenal artem artemis artemka arthur artur asasas asdasd asdasdasd asddsa
        asdfasdf asdffdsa asdfg asdfgh asdfgh123456 asdfghj asdfghjk asdfghjkl asdfghjkl123 asdfghjkl:&#39: asdfjkl asdfzxcv asdqwe
        asdzxc asgard ashle ashley ashton asians asimov aspen aspire aspirine assasin assassin assfuck asshole assholes assman assword
        asterix astra astral astro astros athena athlon atlanta atlantis atomic atticus attila auburn auckland2010 auditt audrey auggie
        august aurora aussie austin australi australia autumn avalanch avalon avatar avenger avrillavigne awesome awnyce azamat azazel
        azert azerty azertyui azertyuiop azsxdc azsxdcfv azzer babes babyblue babyboy babydoll babyface babygirl babygurl babylon
        babylove bacardi bacchus backdoor badass badboy baddog badger badgers badgirl badman badoo baggins baggio bagira bahamut bailey
        baller ballin balloon balloons balls baltimor bambam bamboo banan banana bananas banane bandit banger bangkok banker banner
        banshee banzai baracuda barbados barbara barbie barcelon barcelona barefoot barfly baritone barkley barley barney barselona
        barsik bartman basebal baseball basket basketba basketball basset bassman bastard batman baxter bayern bball bbbbbb bcfields
        beaches beagle beaker beamer beaner beanie bearcat bearcats beardog bearshare beast beastie beater beatle beatles beatrice
        beautifu beautiful beauty beaver beavis beckham beech beefcake beemer beerman beethove beetle beezer behappy bella belmont
        benessere benfica bengals benjamin benson beowulf beretta bergkamp berlin bernard bestbuy bestfriend bethany bettyboo bhbirf
        bianca biatch bicycle bigass bigballs bigbang bigbear bigben bigbird bigblock bigblue bigbob bigboobs bigbooty bigboss bigboy
        bigbutt bigcat bigcock bigdaddy bigdawg bigdick bigdicks bigdog bigfish bigfoot biggie biggles biggun bigguns bigguy bighead
        bigjohn bigmac bigman bigmike bigmoney bigone bigones bigpimp bigpoppa bigred bigsexy bigtime bigtit bigtits biker bikini bilbo
        billabon billy billybob billyboy bimbo bimmer bingo binladen birddog birdie birdman birthday biscuit bismarck bismillah bitch
        bitchass bitches bitchy biteme bizkit blabla blablabla black blackberry blackbir blackbird blackcat blackdog blackhaw blackie
        blackjac blackjack blackout blacks blacky blade blades blahblah blaster blaze blazer bleach blessed blessing blizzard blonde
        blondes blondie blowfish blowjob blowme bltynbabrfwbz blueball bluebell bluebird blueboy bluedog blueeyes bluefish bluejays
        bluemoon blues bluesky bluesman blunts boater boating bobafett bobbob bobby bobcat bobdole bobdylan boeing bogart bogdan bogey
        bohica boiler bolitas bollocks bollox bologna bombay bomber bombers bonanza bonbon bondage bonehead boner bones bongo bonita
        bonjour bonjovi bonkers bonnie bonsai boobie boobies booboo boobs booger boogie bookie bookworm boomboom boomer booster bootie
        boots bootsie bootsy booty bootys boozer borabora bordeaux boricua borussia bosco bossman boston boulder bounce bouncer bounty
        bowler bowling bowwow boxcar boxer boxers boxing boxster boy4u2ownnyc boytoy bpgjldsgjldthnf bradley brando brandon brandy
        brasil braves brazil breaker breast breasts breeze bremen brenda brian brianna bricks brighton bristol britney brittany brodie
        broken broker bronco broncos brooke brooklyn brother brownie browns brucelee bruins bruiser brutus bubba bubbas bubble bubbles
        buceta bucket buckeye buckeyes buckshot budapest buddah buddha buddie buddy buddyboy budlight budman budweise budweiser buffalo
        buffet buffett bugger builder bukkake bulldog bulldogs bullet bullfrog bulls bullseye bullshit bumble bummer bumper bunghole
        bungle bunnies bunny burger burner burrito bushido business businessbabe buste buster busty butch butkus butter buttercu
        buttercup butterfl butterfly buttfuck butthead butthole buttman buttons buzzard buzzer bynthytn byteme cabbage cabernet cabron
        cactus cadillac caesar caitlin calgary calibra calico caliente californ california caligula calimero callie callisto callum
        calvin camaro camaross camber cambiami cambridg camden camel camelot camels cameltoe camero cameron camila camilla camille
        camper canada cancer cancun candle candy candyass candyman cannabis cannibal canon cantik cantona canuck canucks capecod
        capetown capone caprice capricor capricorn capslock captain caramel caravan cardinal carebear carlito carlitos carlos carmen
        carnage carnival carolina caroline carpedie carpediem carpente carpet carrera carrie carrot carter cartman cartoon cartoons
        casanova caserta cashmone casino casio casper cassandr cassandra cassie caster catalina catcher catdog catfish catherin
        catherine catman catnip catwoman cavalier caveman cayman ccbill cdtnbr cdtnkfyf ceasar cecilia cedric celeb celeron celeste
        celica celine celtic celtics cement cerberus cessna cevthrb cfitymrf cgfhnfr chacha chainsaw challeng champ champion champs
        chance chanel change changeme chaos charger chargers charisma charlene charles charli charlie charlott charlotte charlton charly
        charmed charon chaser cheater checker checkers cheddar cheech cheeks cheeky cheers cheese cheetah chelle chelse chelsea cherokee
        cherries cherry cheshire chessie chester chevelle chevrole chevrolet chevy chevys chewie chewy cheyenne chiara chicago chichi
        chicken chickens chickenwing101 chicks chico chiefs children chilli chillin chilly chimera chinook chipmunk chipper chippy
        chivas chloe chocha chocolat chocolate choochoo chopin chopper chouchou chris chrisbln chriss chrissy christ christia christian
        christin christina christine christma christmas christop christophe christopher christopher1 chrome chronic chrono chrysler
        chuai chuang chubby chuckie chuckles chucky chunky church ciaociao ciccio cicero cigars cinder cinnamon cirrus citadel citroen
        cjdthitycndj cjkysirj cjkywt cjmasterinf claire clancy clapton clarinet classic classics claudi claudia claymore clemson
        cleopatr cleopatra clevelan climax climber clipper clippers clitoris cloudryption clouds clover clovis clowns clutch cnfybckfd
        cobain cobalt cobra cobras cocacola cocaine cocker cocks cocksuck cocksucker coconut codered coffee cohiba coldbeer coldplay
        college colnago colombia colorado colors coltrane comanche combat123654 comein comet commande commando compaq compass compute
        computer conan concord concorde concrete condom condor connect connie connor consumer contortionist contra cookie cookiemonster
        cookies coolcat cooldude cooler coolguy coolio coolman coolness cooper coors cooter copper corazon corleone corndog corolla
        corona corperfmonsy corrado corsair corvette cosmic cosmo cosmopolitan cosmos cosworth coucou cougar cougars counterstrike
        country courtney coventry cowboy cowboys cowgirl coyote cracker cramps crazy crazybab creampie creamy creative cricket crimson
        cristian cristina critter crjhgbjy cruise cruiser crunch crusader crusher crusty crysis crystal cthtuf cthulhu cthutq ctrhtn
        cubbies cubswin cucumber cuddles cuervo cumming cumshot cumslut cunts cupcake curious curtis custom cuteako cutie cutiepie
        cutlass cutter cvthnm cxfcnmt cyber cyborg cyclone cyclops cygnus cynthia cypress dabears dabomb dadada daddy daddyo daemon
        daewoo dagger daisy daisydog dakota dalejr dallas dalshe daman damian damien dammit damnit dancer danger danie daniel daniela
        daniele danielle daniil danila danni danny dannyboy danzig darkange darkangel darklord darkman darkness darkside darkstar
        darling darren datsun david davide davids davinci daytona dbnfkbr dbrnjh dbrnjhbz dddddd deadhead deadman deadpool dearbook
        death debbie deborah december deedee deejay deepthroat deeznuts deeznutz default defender defiant deftones dejavu delete delfin
        delight delphi delta deluxe demon1q2w3e4r demon1q2w3e4r5t denali deniro denise deniska dennis denver depeche derparol desert
        design designer desire deskjet destin destiny detroit deutsch devil devildog devilmaycry4 devils dexter dfcbkbcf dfcbkbq
        dfg5fhg5vgfh1 dfkthbz dfkthf dfktynby dfktynbyf dfvgbh dharma diablo dialog diamond diamonds diana dianne diaper dickhead dickie
        dicks dicky diehard diesel dietcoke dieter digger diggler digimon digital digitalprodu dilbert dildo dilligaf dimas dimples
        dinamo dinara dindom dingdong dingo dinosaur diosesfiel dipshit dirtbike disco discover disney diver divine django dkflbckfd
        dkflbr dkflbvbh dkflbvbhjdbx dkflbvbhjdyf dmitriy doberman doctor dodger dodgeram dodgers dogbert dogbone dogboy dogcat dogface
        dogfood dogger doggie doggies doggy doghouse dogman dogpound dogshit dogwood doitnow doktor dolemite dollar dolphin dolphins
        domainlock2005 dominic dominik dominion dominiqu dominique domino donald donkey donner dontknow donuts doobie doodle doofus
        doogie dookie doomsayer.2.7mords.v doomsayer.2.7mords.vv doomsday dotcom doubled doudou doughboy dougie douglas draco dracula
        drago dragon dragonba dragonball dragonfl dragonfly dragons dragoon dragster drakon draven dreamer dreams drifter driller driver
        drizzt droopy drowssap drpepper drummer dthjybrf dublin ducati duchess duckie ducks dudeman duffman dumbass duncan dundee
        dungeon durango duster dustin dutchess dylan dynamite dynamo eagle eagles earnhard earthlink eastside eastwood eatme eatpussy
        eatshit eclipse eduard eduardo edward edwardcullen eeyore egghead eggman eggplant einstein ekaterina elaine elcamino eldorado
        electra electric electro electron elefant element elena elephant elijah elisabet elizabet elizabeth elizaveta ellie elvisp
        emerald emilie emily eminem emmanuel empire energy enforcer engage engineer england english enigma enrico enter enterme enternow
        enterpri enterprise entropy epsilon eraser ericsson erotic erotica escalade escort eskimo espresso esquire esther estrella
        eternal eternity eugene eureka europa evangelion evelyn everest everlast everton evgeniy evildick evolutio excalibu excalibur
        excite exigen exigent exodus exotic explorer express extreme ezekiel11991 fabian fabie fabio fabric facebook facial faggot
        fairlane faith falcon falcons fallen fallen_angel fallout familia familiyafamiliya family fandango fantasia fantasy fantomas
        farmboy farscape farside fashion fastball faster fatass fatboy fatcat father fatima fatman fatty favour fearless feather
        february federica federico felipe fellatio fender fenris fenway fergie fergus fernand fernanda fernando ferrari ferret fester
        fetish ffffff fghtkm fgtkmcby ficken fidelio fiesta figaro fighter filter finalfantasy finger fireball firebird fireblad
        firefigh firefly firefox fireman firenze firewall fishbone fishes fishhead fishin fishing fishon fisting fitness fitter fkbyjxrf
        fkmnthyfnbdf fktrcfylh fktrcfylhf fktrcfylhjdbx fktrcfylhjdf fktrcfylhjdyf fktrctq fktyrf flamengo flames flamingo flanker flash
        flasher flatron fletch flexible flicks flipflop flipper floppy florence florian florida flounder flower flowers fluff fluffy
        flvbybcnhfnjh flyboy flyers flyfish fondoom foobar footbal football footjob forest foreve forever forfun forget forgetit formula
        forsaken fortuna foryou fossil fosters fountain foxtrot foxylady franc france frances francesc francesca francesco francis
        francisc francisco franco frank frankie franklin franky freaks freaky freckles freddie freddy frederiksberg freebird freedom
        freee freefall freeman freepass freeporn freesex freeuser freeway frenchy friday friend friends friendship friendster fright
        frisco frisky frodo frogger froggy frogman frogs frontier frosch frosty fubar fucked fucker fuckers fuckface fuckhead fuckher
        fucking fuckinside fuckit fuckme fuckoff fucktheworld fuckthis fucku fuckyo fuckyou fuckyoubitch fugazi fulham fullmoon funky
        funstuff funtime fusion fussball futbol futurama future fuzzy fyfcnfcbz fyfnjkbq fylhtq fynfyfyfhbde fytxrf fyutkbyf fyutkjxtr
        g13916055158 gabber gabrie gabriel gabriela gabriell gadget gaell gagged gagging galant galaxy galina galore gambit gambler
        gameboy gamecock gamecube gameover gamma gandalf ganesh gangbang gangsta gangster gannibal garcia garden garfield gargoyle
        garion garrett gasman gateway gator gatorade gators gatsby gawker gbhfvblf gbpltw geezer gegcbr geheim gemini general generic
        genesis genius georg george georgia gerald gerbil german germany geronimo gerrard gesperrt getmoney getout getsome gettherefast
        gfhjkm gfhjkmgfhjkm gggggg ghbdtn ghbdtnbr ghbdtnghbdtn ghbdtnrfrltkf ghblehjr ghbrjk ghbywtccf ghetto ghhh47hj7649 ghjcnj
        ghjcnjgbpltw ghjcnjgfhjkm ghjcnjghjcnj ghjcnjnfr ghjcnjqgfhjkm ghjcnjrdfibyj ghjnbdjcnjzybt ghjuhfvvf ghost ghostrider gianni
        giants gibson gideon giggles gilbert gilles ginger giorgi giorgio giovanni giraffe girls giulia giuseppe gizmo gizmodo gjkbyf
        gjkysqgbpltw gladiato gladiator glamour globus glock gloria gmoney goalie goaway gobears goblin goblue gobucks gocubs goddess
        godfathe godfather godisgood godislove godlike godsmack godzilla gofast gofish goforit gohome goirish golden goldeney goldfing
        goldfish goldie goldstar goldwing golfball golfcourse golfer golfgti golfing goliath gollum gonavy gonzo goober goodboy goodday
        goodgirl goodie goodluck goodtime goofy google googletester gooner goose gopher gordo gordon gorilla gotcha goten gotham gothic
        gotmilk gotohell gotribe govols grace gracie granada grandam grandma granny grapes gratis grease greatone green greenbay
        greenday greenlantern greens gregor gregory gremlin grendel gretzky griffey grinch gringo grisha grizzly gromit groove groovy
        groucho grumpy gryphon gthcbr gtnhjdbx gtnhjpfdjlcr guang guardian guillaum guiness guinness guitar guitars gumby gundam gunnar
        gunner gunners gustav gustavo guyver gwerty gymnast gypsy habibi hacked hacker haggis hahaha hahahaha hailey hairball hairy
        halflife halifax hallo hallowee hambone hamburg hamish hamlet hammer hammers hamster handball handsome handyman hannah
        hannahmontana hannes hannibal hansol hansolo happiness happy happyday harald hardball hardcock hardcore harddick hardon hardone
        hardrock harlem harley harmony harold harrier harrison harry harrypotter harvest harvey hassan hattrick havana havefun hawaii
        hawaiian hawkesbury93 hawkeye hawkeyes hayabusa hayden hd764nw5d7e1vb1 hearts heater heather heaven heckfy hector hedgehog
        hedimaptfcor heineken hejsan helena hellboy hellfire hello hellokitty helloo hellos hellsing hellyeah helmet helmut helper
        helpme hendrix henrik hentai herbie hercules herewego hermes hershey hesoyam heterosexual hetfield hewlett heynow hhhhhh hidden
        highbury highheel highland highlander hihihi hiphop hippie hitachi hithere hitler hitman hiziad hjccbz hjvfirf hobbes hobbit
        hockey hokies holiday hollywoo hollywood holycow holyshit homeboy homelesspa homemade homerj homers homerun honda hondas honey
        honeybee honeys hongkong honolulu hookem hooker hookup hooligan hoops hoosier hoosiers hooter hooters hootie hopeful horizon
        horndog hornet hornets horney horny horse horses hotass hotbox hotboy hotdog hotgirls hotmail hotone hotpussy hotred hotrod
        hotsex hotshot hotstuff hottie hotties houdini hounddog houston hover howard htubcnhfwbz hughes hummer hunte hunter hunting
        hurrican husker huskers huskies hustler hyperion hyundai iamgod iampurehaha2 ibanez ibrahim iceberg icecream icehouse iceman
        ichliebedich idefix idontkno idontknow idunno iforget iforgot iguana ihatethisgame ihateyou ijrjkfl ilikeit ilikepie illini
        illusion ilove iloveboobies ilovegod ilovejesus iloveme ilovemyfamily ilovesex iloveu iloveyo iloveyou imation immortal impala
        impreza imyaimyaimya inactive1996aug incubus india indian indiana indians indigo indonesia inferno infiniti infinity
        ingodwetrust inlove insane insanity insert insomnia inspiron install installdevic installsqlst integra intel intercourse
        international internazionale interne internet intrepid intruder inuyasha iomega ipswich ireland irina irinka irishka irishman
        iriska ironmaiden ironman isabel isabella isabelle iscool iseedeadpeople islander israel istanbul italia itsme ivanov ivanova
        iverson iwantu jabber jabroni jackal jackass jackie jackoff jackpot jackson jacob jacobs jagger jaguar jaguars jaimatadi jakarta
        jamaica james jamesbon jamesbond jamesbond007 jamess jamie jammer jammin janice january jarhead jasmin jasmine jason jasper
        javelin javier jaybird jayden jayhawk jayhawks jayjay jayson jazzman jazzy jeepster jefferso jeffrey jello jelly jellybea
        jellybean jennaj jennife jennifer jenny jeremiah jeremy jericho jerkoff jerome jessic jessica jessie jester jesus jesuschrist
        jesuslovesme jetaime jethro jetski jewels jezebel jiang jiggaman jimbo jimbob jimmy jingle jiong jjjjjj jkiuztdftl57 jktxrf
        jktymrf joanna joanne jockey joebob joecool joemama johann johannes john!20130605at1753 johnboy johncena johndeer johndoe
        johngalt johnny johnson joker jokers jomama jonathan jonny jorda jordan joseph josephin josephine joshu joshua jrcfyf jsbach
        jubilee juggalo jughead juice juicy julia julian juliana julie julien julius jumbo jumper jundian2011xr junebug jungle junio
        junior junkie junkmail jupiter justdoit justice justin justinbieb justinbieber justine justme juventus kaboom kahuna kakashka
        kaktus kalina kamasutra kamikaze kamila kangaroo kansas karachi karate karen karina karolina kartoffelpuffer kashmir kasper
        katana katarina katerina katherine kathleen katie katrin katrina kawasaki kazantip keeper keepout kelly kelsey kennedy kenneth
        kenobi kenshin kenwood kenworth kermit kernel kerouac kestrel kevin keyboard keystone keywest kfgjxrf kfhbcf kickass kicker
        kidrock kieran killa killbill kille killer killers killjoy killme kilroy kimberly kimmie kingdom kingfish kingkong kingpin
        kingston kinky kipper kirill kirsty kisses kissme kissmyass kiteboy kitkat kitten kittens kitty kittycat kittykat kittys kjkszpj
        kjrjvjnbd kkkkkk kkkkkkkk klaste klaster kleopatra klingon klizma klondike knackwurst8853 knickers knicks knight knights
        knockers knopka knuckles kodiak kojak kokomo kolbasa kolobok kolokol komodo konstantin koolaid koroleva korova koshka kosmos
        kostya kotaku kotenok krasotka krishna kristen kristina krokodil krolik kronos krusty krypton ksenia ksusha ktyjxrf kuang kungfu
        labrador labtec lacrosse laddie ladybug ladygaga laetitia lagnaf laguna lakers lakeside lakewood lakota lalakers lalala lambda
        lamer lancelot lancer lansing lantern laptop larisa laser lassie lastfm lasvega lasvegas latinas latino laura laurel12creek
        lauren laurent lawrence lazarus lback leather leavemealone ledzep leedsutd lefty legacy legend legion legolas leinad lekker
        leliane50934 lemmein lemonade lennon lenochka leonardo leonid leopard leopold lesbian lesbians leslie lespaul lestat letmei
        letmein letsdoit letsgo letter lexmark lexus lfitymrf lfybbk lhbjkjubz2957704 lhfrjy liang liberty licker licking lickit lickme
        lifehack lighter lightnin lightning lightpower12345 lights liliana limewire lincoln linda lindros lindsay lindsey lineage linked
        linkedin linkedin2011 linkin linkinpark lionking liquid lithium little liverpoo liverpool liverpool123 lizard lizottes lizzie
        llllll lobster logitech lokomotiv lolipop lolita lollipop lollol lollypop lolol lololo london lonely lonesome lonestar lonewolf
        longbow longdong longhair longhorn longjohn looker looking lookout looser lorena lorenzo lorraine loser losers lost4815162342
        lotus louise loulou lovebug loveit lovelife lovelove lovelovelove lovely loveme lover loverboy lovers lovesex loveya loveyou
        loving lowrider ltybcrf lucas lucifer lucky luckydog luckyone ludmila lumber lumina lvbnhbq lydcc20091314 lytghjgtnhjdcr
        m01759766727 macbeth macdaddy machine macman macross madcat maddie maddog madina madison madman madmax madness madonna madrid
        maestro maganda magelan magellan maggi maggie maggot magic magician magick magicman magnet magneto magnum magnus magpie magpies
        mahalkita mahalko maiden mailcreated5240 mailman maison majestic makaveli maksim maksimka malachi malaka malibu malice malina
        mallard mallorca mamacita mamamia mamapapa manager manchest manchester manchesterunited mancity mandarin mandingo mandrake
        manfred mango maniac mankind manman manolo manowar manson mantis manuel manuela manutd maprchem56458 maradona marathon marbles
        marcel marcello marco marcos marcus marek14michal margaret margarit margarita maria mariah mariam marian mariana marie marijuan
        marijuana marika marina marine mariner mariners marines marino mario marion mariposa marissa marius mariya marker markie markiz
        marlboro marley marseill marseille marshall martha martin martina martinez martini marvin maryjane masamune maserati
        massimiliano massimo massive maste master masterbaiting masterbate masterbating masterp masturbation matador matilda matrix
        matteo matthe matthew matthias matty mature maurice maurolarastefy maveric maverick maxdog maxell maxim maxima maxime maximus
        maxwell maxxxx mayday mayhem mazafaka mazda mclaren meadow meatball meathead meatloaf mechanic medic medicine medion medusa
        medved mega_pizdetz666 megadeth megaman megan megane megaparol12345 megapass megatron meister melanie meliss melissa mellon
        mellow melody melons melrose melvin mememe memorex memphis menace mentor meowmeow mephisto mercede mercedes mercury meridian
        merlin merlot mermaid mersedes messiah metall metallic metallica metroid mevefalkcakk mexico miami michae michael michaeljackson
        micheal michel michele michelle michigan mickey micro microlab micron microphone microsof microsoft midget midnight midnite
        midway mighty migrationschool miguel mihail mikael mikey milana milano milena milkman millenium miller millie millwall minecraft
        minecraft123 mingus minime minimoni minnesota_hp minnie miracle mirage miranda miriam mischief misfit misfits mishka mister
        mistress mitchell mittens mizzou mmmmmm mnbvcxz mobydick modelsne modena moderncombat mohamed mohammed mohawk mollie molly
        mollydog moloko molson mommy momoney momsanaladventure monaco monalisa monarch monday mondeo money moneyman moneys mongoose
        monic monica monika monique monitor monke monkey monkeybo monkeys monopoly monster montag montana montecar montreal moocow
        mookie moomoo moonbeam moondog moonligh moonlight moonshin moose mooses mopar mordor morgan morganstanley moritz morpheus morris
        morrowind mortalkombat mortgage mortimer moscow moskva motdepasse mother motherfucker motherlode motorola mountain mouse mozart
        msorcloledbr mudvayne muffin muhammad mulder mullet multiplelo munch munchkin muppet murphy murzik musashi muscle muscles
        mushroom music musica musicman mustafa mustang mustangs mustard mutant mybaby mydick mygirl mykids mylife mylove myname mynameis
        mynoob mypass mypassword myself myspace mystic myxworld n8zgt5p0shw= nadine naked namaste nanook napass napoleon napoli napster
        narnia naruto nascar nastia nasty nastya natali natalia natalie nataly natasha nathalie nathan natiichen999 naughty nautica
        nautilus navajo navigator navyseal nazgul nbvjatq nebraska needforspeed nelson nemesis nemvxyheqdd5oqxyxyzi neptune netscape
        network networkingpe nevada never nevermind nevermore nevets newark newbie newcastl newcastle newlife neworleans12345 newpass
        newport newproject2004 newyear newyork nextel nfnmzyf nfytxrf nhecsyfujkjdt nhfdvfnjkju123 nhfycajhvths niang niceass niceguy
        nicholas nickel nicola nicolas nicole nigga nigger nightcrawler nightmar nightmare nightwish nikita nikitos nikki nikola nikolai
        nikolay nimbus nimrod nineinch niners ninja ninjas nintendo nipper nipple nipples nirvana nissan nitram nitro nittany nofear
        nokia nolimit nomad nomore noname nondriversig nonmember noodle noodles nookie nopass norman normandy norwich nostromo notebook
        nothing notredam notused nounours novell november noway nthvbyfnjh ntktajy nudes nudist nugget nuggets nutmeg nuttertools
        nygiants nyjets nylons nymets oakland oasis oatmeal obelix oberon obiwan oblivion obsidian oceans october octopus odyssey ohshit
        ohyeah oilers oksana olcrackmaster oldman olenka olesya oliver olivia olivier olympus omega omsairam onedirection onelove
        onetime onetwo onion online onlyme ontheoutside oooooo opendoor opennow openup operator optimist optimus oracle orange oranges
        orchard orchid orgasm orient orioles orion orlando oscar osiris othello outback outkast outlaw overkill overlord oxford
        p030710p$e4o pacers pacino packard packer packers pacman paddle padres paintbal paintball pakistan paladin pallmall palmtree
        paloma pamela panama panasoni panasonic pancake pancho panda pandas pandora panget panter pantera panther panthers panties
        pantyhos panzer paolo papillon papito paradigm paradise paradox paragon paraklast1974 paramedi parker parol parola parrot
        pasadena pascal passat passion passme passphrase passport passwd passwor password password1234 password12345 password123456
        passwords passwordstandard passwort pasword patches pathfind patric patrici patricia patrick patriot patriots paulie pauline
        pavel pavement pavilion pavlov payday pdtplf pe#5gz29ptzmse peace peach peaches peachy peanut peanutbutter peanuts pearljam
        pebble pebbles pecker peekaboo peeper peewee pegasus pelican pencil penelope penetration penguin penguins penis penthous pentium
        people pepito peppe pepper pepsi perfect persik persona personal pervert peter peterbil peterpan petrov petrova petunia peugeot
        phantom pharmacy pheonix phialpha philip philippe philips phillies philly phish phoebe phoeni phoenix photos phpbb pianoman
        picard picasso piccolo pickle pickles pickup picturs pierre pigeon piggy piglet pigpen pikachu pillow pimpdadd pimpin pimping
        pinball pineappl pineapple pingpong pinhead pinkfloy pinkfloyd pinky pinnacle pioneer pipeline pippen pippo piramida pirate
        pirates pisces pissing pissoff pistol pistons pitbull pixies pizdec pizza pizzas placebo planet plasma plastic plastics platinum
        plato platon platypus playa playball playboy player playstat playstation playstation2 playstation3 playtime please ploppy
        plumber pluto plymouth pobeda pogiako poison poiuyt poiuytrewq pokemon polaris police polina polniypizdec0211 polniypizdec1102
        polniypizdec110211 polska pompey poncho pontiac poochie poodle poohbear pookey pookie poontang pooper poopie poopoo poopy pooter
        popcorn popeye popopo popova popper poppy porkchop pornking porno pornographic pornos pornstar porsche portland portugal
        poseidon possum postal postman potato pothead potter powder power pppppp preacher precious predator prelude premium presario
        presiden presto preston pretty prettygirl primus prince princes princesa princess pringles printer prissy private privet prodigy
        professional projectsadminx promise prophet prosper proton proview prowler proxy prozac przyjaciolki psycho ptybnxtvgbjy puddin
        pudding puffin puffy pulsar pumper pumpkin pumpkins punisher punker punkin punkrock punksnotdead puppies puppy puppydog pupsik
        purdue purpl purple pushkin pussey pussie pussies pussy pussycat pussyman pussys putter pyramid python q1w2e3r4t5y6
        q1w2e3r4t5y6u7 q1w2e3r4t5y6u7i8 q1w2e3r4t5y6u7i8o9p0 qawsed qawsedrf qawsedrftgyh qaz123wsx456 qazqaz qazws qazwsx qazwsxed
        qazwsxedc qazwsxedc123 qazwsxedcrfv qazwsxedcrfvtgb qazxcv qazxsw qazxswedc qazxswedc123 qazxswedcvfr qazzaq qiang qiong qqqqqq
        qqqwww quantum quartz quasar quattro queens quest qwaszx qwaszxerdfcv qwe123qwe123 qweasd qweasdzxc qweasdzxc123 qwedsa
        qwegta13091990 qweqwe qweqweqwe qwerasdf qwerasdfzxcv qwert qwertasdfgzxcvb qwerty qwerty123456 qwerty123456789 qwertyasdfgh
        qwertyqwerty qwertyu qwertyui qwertyuio qwertyuiop qwertyuiop10 qwertyuiop12 qwertyuiop123 qwertyuiop12345 qwertyuiop[]
        qwertyytrewq qwertz qwqwqw rabbit rabbits rabota racecar racer racerx rachel racing radiohea radiohead rafael ragnarok rahasia
        raider raiders rainbow rainbows rainman rainyday raistlin rambler rambo rammstein ramones rampage ramrod ramses rancid random
        ranger rangers raptor rascal rasmus rasputin rasta rastaman ratman raven ravens raymond razor rbhbkk rctybz reader realmadrid
        reaper rebecca rebel rebels reckless redalert redbaron redbird redbone redbull redcar reddevil reddog reddwarf redeye redfish
        redfox redhat redhead redhot redline redman redneck redrose redrum redskin redskins redsox redwing redwings redwood reebok
        reefer reflex reggae reggie regina reload remember remingto renault renegade rental reptile rereirf rescue residentevil retard
        revolver rfhbyf rfhnjirf rfnthbyf rfnthbyf1988 rfntymrf rfrfirf rfrnec rfvfcenhf rhbcnbyf rhfcjnrf rhino rhjrjlbk rhtdtlrj
        ricard ricardo riccardo richar richard rightnow ringo ripken ripper ripple rjhjktdf rjirfrgbde rjntyjr rjycnfynby roadkill
        roadking roadrunn roadrunner roadster robbie rober robert roberta roberto robocop robot robotech robotics rocker rocket rockets
        rockford rockhard rockie rockies rockin rocknrol rocknroll rockon rocks rockstar rocky rodeo rodman rodrigo rogue roland roller
        rolltide romans romashka rommel ronald ronaldinho ronaldo ronnie roofer rookie rooster rootbeer rosebud rosemary roswell rotten
        rover rovers royals rtyuehe rubber rubble rugger rulez rulezzz runaway runescape runner ruslan russell russia rustam
        s8ylpe9jdpvym sabbath sabine sabres sabrina sachin safari sahara saibaba saigon sailboat sailing sailor saints sairam saiyan
        sakura salamander salami salasana saleen salmon salomon salope salsero salvador salvatore samantha sambo samiam sammie sammy
        samoht samsam samson samsun samsung samtron samuel samurai sancho sandiego sandman sandr sandra sandrine sandro sandy sanfran
        sanfrancisco sanity santafe santiago santos sapper sapphire sarah saratoga sascha sasha sassy sasuke satan satana saturn
        saun24865709 sauron sausage sausages savannah savior sayang scamper scania scanner scarface scarlet scarlett schalke scheisse
        school schoolgirlie scooby scoobydo scoobydoo scooter scorpio scorpion scotch scotland scott scotty scout scrabble scrapper
        scrappy scream screamer scruffy scuba scully sdf7asdf6asdg8df seabee seadoo seagull seahawks seamus searay seattle sebastia
        sebastian sebastian106 sebastien sebring secret security sedona seeker seemnemaailm seinfeld sekret select selena seminole
        semperfi senators seneca seniseviyorum senna sensei sentinel sephiroth septembe september serega serena serenity sergei sergey
        sergi sergio serpent sersolution server sesame sevens severin sexgod sexman sexsex sexual sexxx sexxxx sexxxy sexxy sexybabe
        sexybitch sexyboy sexygirl sexylady sexyman sexyone shado shadow shaggy shakira shalom shaman shamrock shamus shang shania
        shanna shannon shaolin shark sharks sharky sharon shasta shaved shazam sheeba sheepdog sheila shelby shelly shemale sheng
        sherlock shibby shiloh shiner shinobi shirley shitface shithead shitty shocker shodan shogun shonuf shooter shopping shorty
        shotgun showme showtime shuai shuang shutup sidekick siemens sierra sigma sigmachi silver silverad silvia simba simon simona
        simone simple simpson simpsons sinatra sinbad singapor singer single sinister sinned sinner sirius sissy sister sithlord sixers
        sixpack skate skateboard skater skeeter skibum skidoo skiing skillet skinhead skinny skipper skippy skittles skorpion skydive
        skyhawk skylar skylark skyler skyline skywalke skywalker slacker slamdunk slammer slapper slappy slapshot slave slavik slayer
        sleeper sleepy slick slider slimshad slimshady slinky slipknot slippery slowhand slugger sluggo sluts slutty smackdow smackdown
        smashing smeghead smegma smelly smile smiles smiley smirnoff smiths smitty smoke smoker smokes smokey smokie smokin smooth
        smoothie smudge snake snakes snapon snapper snapple snappy snatch sneakers sneaky snicker snickers sniper snooker snoop snoopdog
        snoopy snowball snowbird snowboar snowboard snowflak snowman snuffy snuggles sobaka soccer socrates softail softball software
        sojdlg123aljg solaris soldier soleil solitude solnce solomon somanypickles27 something sommer sonata sonic sonics sonnenschein
        sonoma sonyericsson sonyfuck sooners sophi sophia sophie soprano soulmate southpar southpark southpaw sowhat spaceman spank
        spanker spanking spankme spanky spanner sparkle sparkles sparky sparta spartak spartan spartans spawn speaker special
        specialinsta specialk spectre spectrum speedo speedy spencer sperma sphinx spice spider spiderma spiderman spidey spike spiker
        spikes spikey spinner spiral spirit spitfire splash spliff splinter spock sponge spongebo spongebob spooge spooky spoons
        sporting sports sporty spotty spring sprint sprinter sprite sprout spunky spurs sputnik spyder squall squash squeak squirrel
        squirt srinivas ssssss stacey stalin stalker stallion stang stanislav stanley starbuck starcraf starcraft stardust starfire
        starfish stargate starligh starman starship starter startfinding startrek starwar starwars starwarsfan10 stasik static status
        stayout stealth steaua steeler steelers stefan stefangreil1983 stefano steffi stella stellina stepan steph stephani stephanie
        stephen stereo sterlin sterling sterva steve steven stickdaddy77 stickman sticks sticky stiffy stigmata stimpy sting stinger
        stingray stinker stinky stinkyfinger stocking stocks stonecol stonecold stoned stones stoney storm stormy stranger strap
        stratfor stratocaster stratus strawber strawberry strelok strength strider strike striker stripper stroker stryker stubby
        student studly studman stumpy stunner stupid stylus subaru sublime submit subway subzero success suckdick sucker suckers suckit
        suckme suckmydick sucks sugar sultan summer summit sundance sunday sundevil sunfire sunflowe sunflower sunny sunnyday sunrise
        sunset sunshin sunshine super superb superfly superma superman supernatural supernov supersta superstar supra surfer surfing
        survivor sushi suslik suzuki sveta svetik svetlana svoboda swallow sweet sweetheart sweetie sweetnes sweetness sweetpea sweets
        sweety swimmer swimming swinger swingers swinging sword swordfis swordfish swords sydney sylveste syncmaster synergy syracuse
        system systemofadown syzygy tabasco tacobell tacoma taekwondo talisman talon tamara tango tanker tanner tantra tarakan tardis
        target tarheel tarheels tarpon tarzan tasty tatarin tatiana tattoo tatyana taurus taxman taylor tazman tazmania tbone tdutybq
        tdutybz teacher technics techno teddy teddybea teddybear teens tekken telechargement telefon telephon tempest templar temppass
        temppassword tenchi tennis tequiero tequila terefon teresa terminat terminator terrapin terrier terror tester testing testpass
        testtest thailand thanatos thankyou thebest theboss thecakeisalie thecat thecrow thecure thedog thedon thedoors thedude theend
        theforce thegame thegreat thekid theking theman theone theresa therock thesims thewho thierry thirteen thisisit thoma thomas
        thong thongs threesom thuglife thumbs thumper thunder thunderb tiberius tiburon ticketmaster tickle ticklish tiffany tiger
        tigers tigge tigger tights timber timeout timosha timothy tinker tinkerbe tinkerbell tinkle tinman tintin tipper titan titanic
        titanium titans titleist titten titties titty tkbpfdtnf toaster tobias toejam toffee tokiohotel tolkien tomahawk tomato tomcat
        tommy tommyboy tomtom toocool toolbox toolman toonarmy tootie tootsie topcat topdog topgun tophat topher topper toriamos torino
        tornado toronto torres toshiba tosser total12scherz tottenha tottenham toyota tracer tracker tractor trader trainer trance
        tranny transam transformers translator trapper travel traveler travis treasure trebor treefrog treetop trevor trfnthbyf triangle
        tricky trident trigger trinitro trinity tripleh tripod tripper tristan triton triumph trixie trojan trojans troll trombone
        trooper trouble truck trucker trucking trucks truelove trumpet trunks trustme trustno tsunami tucker tudelft tuesday tulips
        tunafish tundra tuning tupac turbo turkey turnip turtle tuscl tweety twiggy twilight twinkie twinkle twisted twister tycoon
        tyler typhoon ufkbyf ultima ultimate ultra umbrella umpire undead underdog undertak undertaker unicorn united universa unreal
        uptown upyours uranus usarmy username usnavy utopia vacation vader vadim vagabond vagina valencia valentin valentina valentine
        valentino valera valeria valerie valhalla valkyrie vampir vampire vampires vancouve vanessa vanguard vanhalen vanilla
        vanyarespekt varvara vasilisa vauxhall vbkfirf vector vectra vedder vegeta vehpbr velvet vendetta venera venom verbatim veritas
        verizon vermont veronica veronika versace vertigo vette vfczyz vfhbyf vfhbyfvfhbyf vfhecz vfhufhbnf vfibyf vfitymrf vfksirf
        vfntvfnbrf vfrcbv vfrcbvrf vfrcbvvfrcbv vfvekz vfvfgfgf vfvfvskfhfve vfvjxrf viagra victor victoria victory viewsoni viewsonic
        viking vikings viktor viktoria viktoriya vincent vintage violet violetta violin viper vipergts vipers virgin virginia virginie
        vision vitalik vitamin vitor1268123 vjcrdf vjkjrj vjqgfhjkm vkontakte vladik vladimir vladimirovna vladislav volcom volkov
        volkswag volley volleyba volleyball volvo voodoo vortex voyager voyeur vqsablpzla vsegda vulcan waffle walker wallace walleye
        walmart walnut walrus walter wanderer wanker wanking wapbbs warcraft wareagle warez warhamme warhammer warhammer40k warlock
        warlord warren warrior warriors warthog wasabi washingt wasser wassup watcher water waterboy waterloo watermelon watford
        wazzkaprivet weasel webhompas webmaste webmaster websolutions websolutionssu webuivalidat weezer weihnachtsbau weihnachtsbaum
        welcom welcome welder werder werdna werewolf weronika1992 wesley westham westlife westside westwood wetpussy wetter whatever
        whatsup wheels whiplash whiskers whiskey whisky whisper whistler whiteboy whiteout whitesox whitey whocares whore whosyourdaddy
        whynot wibble wicked widget wifey wildbill wildcard wildcat wildcats wildfire wildman wildone wildwood william williams willie
        willow wilson windmill windows windsor windsurf wingman wingnut winner winnie winston winter wisdom wiseguy wishbone wizard
        wizards woaini wolfen wolfgang wolfie wolfman wolfpac wolfpack wolverin wolverine wolves wombat woodie woodland woodstoc woody
        woofer woofwoof woohoo wookie wordpass wordup wormix wraith wrangler wrench wrestle wrestlin wrestling wutang wwwwww wxcvbn
        xanadu xantia xantria10315 xavier xerxes xfiles xiang xtreme xtseo2011tdx xxxp455w0rd5 xxxpass xxxxxx yahoo yamaha yandi20080527
        yankee yankees ybccfy ybrbnf ybrjkfq yeahbaby yellow yemi19900911 yessir yfcntymrf yfdbufnjh10305070 yfnfif yfnfkb yfnfkmz
        yjdsqgfhjkm yogibear yomama yosemite yourmom yousuck yoyoma yoyoyo ytrewq yugioh yummy yvonne yzerman z1x2c3v4b5n6m7 zachary
        zalupa zanzibar zaphod zappa zaq1xsw2cde3 zaqwsx zaqwsxcde zaqwsxcderfv zaqxsw zaqxswcde zaraza zarina zasada zcfvfzkexifz zebra
        zenith zephyr zeppelin zerocool zheng zhjckfd zhong zhuai zhuang zidane ziggy zigzag zildjian zipper zippo zippy zmx870919123
        zodiac zoloto zombie zoosk zorro zqjphsyf6ctifgu zvezda zxasqw zxcasd zxcasdqwe zxcasdqwe123 zxcvbn zxcvbn123456 zxcvbnm
        zxcvbnm123456789 zxczxc zyjxrf zzzxxx zzzzzz zzzzzzzz
        """#
}
