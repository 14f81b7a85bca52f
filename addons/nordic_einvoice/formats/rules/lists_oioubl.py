"""Code lists of OIOUBL 2.1, schematron 1.17.2 (section 11 of the rule table); exact match."""

from .wordlist import words

# Profiles: every version of the list adds to the one before
PROFILES_1_1 = words(
    """
    NONE Procurement-BilSim-1.0 Procurement-BilSimR-1.0 Procurement-PayBas-1.0 Procurement-PayBasR-1.0
    Procurement-OrdSim-BilSim-1.0 Procurement-OrdSimR-BilSim-1.0 Procurement-OrdSim-BilSimR-1.0
    Procurement-OrdSimR-BilSimR-1.0 Procurement-OrdAdv-BilSim-1.0 Procurement-OrdAdv-BilSimR-1.0
    Procurement-OrdAdvR-BilSim-1.0 Procurement-OrdAdvR-BilSimR-1.0 Procurement-OrdSel-BilSim-1.0
    Procurement-OrdSel-BilSimR-1.0 Catalogue-CatBas-1.0 Catalogue-CatBasR-1.0 Catalogue-CatSim-1.0
    Catalogue-CatSimR-1.0 Catalogue-CatExt-1.0 Catalogue-CatExtR-1.0 Catalogue-CatAdv-1.0 Catalogue-CatAdvR-1.0
    urn:www.nesubl.eu:profiles:profile1:ver1.0 urn:www.nesubl.eu:profiles:profile2:ver1.0
    urn:www.nesubl.eu:profiles:profile5:ver1.0 urn:www.nesubl.eu:profiles:profile7:ver1.0
    urn:www.nesubl.eu:profiles:profile8:ver1.0
    """
)

PROFILES_1_2 = PROFILES_1_1 | words(
    """
    urn:www.nesubl.eu:profiles:profile1:ver2.0 urn:www.nesubl.eu:profiles:profile2:ver2.0
    urn:www.nesubl.eu:profiles:profile5:ver2.0 urn:www.nesubl.eu:profiles:profile7:ver2.0
    urn:www.nesubl.eu:profiles:profile8:ver2.0
    """
)

PROFILES_1_3 = PROFILES_1_2 | words(
    """
    Reference-Utility-1.0 Reference-UtilityR-1.0
    """
)

PROFILES_1_4 = PROFILES_1_3 | words(
    """
    Procurement-OrdSim-1.0 Procurement-OrdSimR-1.0 urn:www.nesubl.eu:profiles:profile3:ver2.0
    urn:www.cenbii.eu:profile:bii30:ver2.0 Procurement-TecRes-1.0 Catalogue-CatPriUpd-1.0
    Catalogue-CatPriUpdR-1.0
    """
)

PROFILES_1_5 = PROFILES_1_4 | words(
    """
    Procurement-OrdRes-1.0
    """
)

PROFILES_1_6 = PROFILES_1_5 | words(
    """
    Procurement-BilSimReminderOnly-1.0
    """
)

# Tax categories: VAT and the Danish duties
TAX_CATEGORIES_1_1 = words(
    """
    ZeroRated StandardRated ReverseCharge Excise 3010 3020 3021 3022 3023 3024 3025 3030 3040 3041 3048 3049
    3050 3051 3052 3053 3054 3055 3056 3057 3058 3059 3060 3061 3062 3063 3064 3065 3066 3067 3068 3070 3071
    3072 3073 3075 3080 3081 3082 3083 3084 3085 3086 3090 3091 3092 3093 3094 3095 3096 3100 3101 3102 3120
    3121 3122 3123 3130 3140 3141 3160 3161 3162 3163 3170 3171 3240 3241 3242 3245 3246 3247 3250 3251 3260
    3271 3272 3273 3276 3277 3280 3281 3282 3283 3290 3291 3292 3293 3294 3295 3296 3297 3300 3301 3302 3303
    3304 3305 3310 3311 3320 3321 3330 3331 3340 3341 3350 3351 3360 3370 3380 3400 3403 3404 3405 3406 3410
    3420 3430 3440 3441 3451 3452 3453 3500 3501 3502 3503 3600 3620 3621 3622 3623 3624 3630 3631 3632 3633
    3634 3635 3636 3637 3638 3640 3641 3645 3650 3660 3661 3670 3671
    """
)

TAX_CATEGORIES_1_2 = TAX_CATEGORIES_1_1 | words("3077 3104 310301 310302 310303 310304 310305 310306 310307")
TAX_CATEGORIES_1_3 = (TAX_CATEGORIES_1_2 | words("3031 3032 3033 3034 3103 3639")) - {"3670", "3671"}
TAX_CATEGORIES_1_4 = TAX_CATEGORIES_1_3 | words("B M L K O G")

# F-LIB179
ENDPOINT_SCHEMES = words(
    """
    GLN DUNS DK:P DK:CVR DK:CPR DK:SE DK:VANS FR:SIRET SE:ORGNR SE:VAT FI:OVT FI:ORGNR FI:VAT IT:FTI IT:SIA
    IT:SECETI IT:VAT IT:CF NO:ORGNR NO:VAT HU:VAT EU:VAT EU:REID AT:VAT AT:GOV AT:CID IS:KT IBAN AT:KUR ES:VAT
    IT:IPA AD:VAT AL:VAT BA:VAT BE:VAT BG:VAT CH:VAT CY:VAT CZ:VAT DE:VAT EE:VAT GB:VAT GR:VAT HR:VAT IE:VAT
    LI:VAT LT:VAT LU:VAT LV:VAT MC:VAT ME:VAT MK:VAT MT:VAT NL:VAT PL:VAT PT:VAT RO:VAT RS:VAT SI:VAT SK:VAT
    SM:VAT TR:VAT VA:VAT
    """
)

# F-LIB183
PARTY_SCHEMES = words(
    """
    GLN DUNS DK:P DK:CVR DK:CPR DK:SE FR:SIRET ZZZ DK:TELEFON FI:ORGNR IS:VSKNR NO:EFO NO:NOBB NO:NODI NO:ORGNR
    NO:VAT SE:VAT SE:ORGNR FI:OVT FI:VAT IT:FTI IT:SIA IT:SECETI IT:VAT IT:CF HU:VAT EU:VAT EU:REID AT:VAT
    AT:GOV AT:CID IS:KT IBAN AT:KUR ES:VAT IT:IPA AD:VAT AL:VAT BA:VAT BE:VAT BG:VAT CH:VAT CY:VAT CZ:VAT DE:VAT
    EE:VAT GB:VAT GR:VAT HR:VAT IE:VAT LI:VAT LT:VAT LU:VAT LV:VAT MC:VAT ME:VAT MK:VAT MT:VAT NL:VAT PL:VAT
    PT:VAT RO:VAT RS:VAT SI:VAT SK:VAT SM:VAT TR:VAT VA:VAT SEPA
    """
)

# F-LIB098; answers allow the first six
MIME = words(
    """
    image/tiff image/png image/jpeg image/gif application/pdf text/xml text/csv application/vnd.ms-excel
    application/vnd.openxmlformats-officedocument.spreadsheetml.sheet
    application/vnd.oasis.opendocument.spreadsheet
    """
)

# F-LIB301: ISO 3166-1 and 1A
COUNTRIES = words(
    """
    AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT BV BW BY
    BZ CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH ER ES ET FI FJ FK
    FM FO FR GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT HU ID IE IL IM IN IO IQ IR
    IS IT JE JM JO JP KE KG KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK
    ML MM MN MO MP MQ MR MS MT MU MV MW MX MY MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM
    PN PR PS PT PW PY QA RE RO RS RU RW SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF
    TG TH TJ TK TL TM TN TO TR TT TV TW TZ UA UG UM US UY UZ VA VC VE VG VI VN VU WF WS YE YT ZA ZM ZW 1A
    """
)

# F-LIB298: ISO 4217 with former currencies
CURRENCIES = words(
    """
    ADP AED AFA AFN ALL AMD ANG AOA ARS ATS AUD AWG AZM AZN BAM BBD BDT BEF BGL BGN BHD BIF BMD BND BOB BOV BRL
    BSD BTN BWP BYB BYN BYR BZD CAD CDF CHE CHF CHW CLF CLP CNY COP COU CRC CUC CUP CVE CYP CZK DEM DJF DKK DOP
    DZD EEK EGP ERN ESP ETB EUR FIM FJD FKP FRF GBP GEL GHC GHS GIP GMD GNF GRD GTQ GWP GYD HKD HNL HRK HTG HUF
    IDR IEP ILS INR IQD IRR ISK ITL JMD JOD JPY KES KGS KHR KMF KPW KRW KWD KYD KZT LAK LBP LKR LRD LSL LTL LUF
    LVL LYD MAD MDL MGA MGF MKD MMK MNT MOP MRO MRU MTL MUR MVR MWK MXN MXV MYR MZM MZN NAD NGN NIO NLG NOK NPR
    NZD OMR PAB PEN PGK PHP PKR PLN PTE PYG QAR ROL RON RSD RUB RUR RWF SAR SBD SCR SDD SDG SEK SGD SHP SIT SKK
    SLL SOS SRD SRG SSP STD STN SVC SYP SZL THB TJR TJS TMM TMT TND TOP TPE TRL TRY TTD TWD TZS UAH UGX USD USN
    UYI UYU UZS VEB VEF VND VUV WST XAF XAG XAU XBA XBB XBC XBD XCD XDR XOF XPD XPF XPT XSU XTS XUA YER YUM ZAR
    ZMK ZMW ZWD ZWL
    """
)

# F-APR028
RESPONSE_DOCUMENTS = words(
    """
    ApplicationResponse Catalogue CatalogueDeletion CatalogueItemSpecificationUpdate CatalogueItemUpdate
    CataloguePricingUpdate CataloguePriceUpdate CatalogueRequest CreditNote Invoice Order OrderCancellation
    OrderChange OrderResponse OrderResponseSimple Reminder Statement Payment PersonalSecure ZZZ
    """
)
