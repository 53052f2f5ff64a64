"""Extensions of types that are refused on sight (the BLK rows), as data.

Where design.md rebuilds a type that the catalogue's row names too (xlam, ppam, dotm ...), it is not listed here.
Source: the threat catalogue, section 23, and what desktops are known to run when a file of that name is opened.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from policies.catalogue import vector
from policies.terms import Vector

_ROWS: Final = (
    ("BLK-01", "exe com scr cpl dll ocx sys drv pif mui ax efi vxd a3x au3 ahk"),
    ("BLK-02", "msi msp mst msix msixbundle appx appxbundle appinstaller msu"),
    ("BLK-03", "bat cmd btm ps1 ps2 ps1xml ps2xml psm1 psd1 psc1 psc2 cdxml pssc msh msh1 msh2 mshxml msh1xml msh2xml"),
    ("BLK-03", "vb vbs vbe vbp vsmacros js jse mjs cjs ws wsf wsh wsc sct hta shb shs bas fxp prg xbap"),
    ("BLK-04", "lnk xnk"),
    ("BLK-05", "url website webloc"),
    ("BLK-06", "scf theme themepack deskthemepack library-ms search-ms searchconnector-ms mad mcf osd"),
    ("BLK-07", "settingcontent-ms"),
    ("BLK-08", "one onetoc2 onepkg"),
    ("BLK-09", "chm hlp hpj its cnt"),
    ("BLK-10", "iqy oqy dqy rqy odc udl dsn odcnewdsp"),
    ("BLK-11", "slk dif"),
    ("BLK-12", "xll wll xla ppa sldm plg"),
    (
        "BLK-13",
        "mdb accdb accdc accdr accdt accda mde accde ade adp adn mda mdn mdt mdw mdz mam maf mag maq mar mas mat",
    ),
    ("BLK-13", "mau mav maw ops"),
    ("BLK-14", "pub vsd vsdx vsdm vst vstx vstm vss vssx vssm mpp mpt xsn infopath"),
    ("BLK-15", "jar class jnlp war ear"),
    ("BLK-16", "iso img udf vhd vhdx vmdk qcow2 wim esd dmg ova ovf"),
    ("BLK-17", "reg inf ins isp job msc mof sct pol grp crd prf"),
    ("BLK-18", "rdp ica vnc pbk ovpn nmconnection"),
    ("BLK-19", "application appref-ms manifest deploy vsto pcd"),
    ("BLK-20", "diagcab diagpkg diagcfg"),
    (
        "BLK-21",
        "sh bash zsh csh ksh fish command tool app scpt scptd applescript workflow pkg mobileconfig terminal desktop",
    ),
    ("BLK-22", "py pyc pyz pyw pyd rb pl php php3 php4 php5 php7 phtml phar asp aspx ashx asmx jsp jspx cfm lua tcl"),
    ("BLK-23", "elf so dylib ko run"),
    ("BLK-24", "apk aab ipa deb rpm crx xpi vsix nupkg whl gem egg snap flatpak appimage"),
    ("BLK-25", "sln csproj vbproj suo vcxproj vsw gradle makefile"),
    ("BLK-26", "lsp fas vlx arx dvb mnl"),
    ("BLK-27", "wsb vmx vbox dockerfile"),
    ("BLK-28", "pfx p12 key jks keystore cer crt der pem"),
    ("BLK-29", "contact group wab"),
    ("BLK-30", "gadget sidebar wgt"),
    ("BLK-31", "ps eps epsf epsi ai"),
    ("BLK-32", "xps oxps"),
    ("BLK-33", "swf xap"),
    ("BLK-34", "torrent metalink meta4"),
    ("BLK-35", "wri wps wks wk1 wk3 wk4 wpd qpw lwp sam"),
    ("BLK-36", "htaccess htpasswd"),
    ("BLK-37", "rpmsg pfile ppdf ptxt"),
    ("BLK-38", "pst ost mbox dbx"),
    ("BLK-39", "ttf otf ttc otc woff woff2 eot pfb pfm fon fnt tte euf"),
)

FORBIDDEN_EXTENSIONS: Final[Mapping[str, Vector]] = MappingProxyType(
    {extension: vector(row) for row, words in _ROWS for extension in words.split()}
)

# Whole names that mean the same wherever they lie.
FORBIDDEN_NAMES: Final[Mapping[str, Vector]] = MappingProxyType(
    {
        name: vector(row)
        for row, names in (
            ("BLK-06", "desktop.ini _desktop.ini"),
            ("BLK-17", "autorun.inf _autorun.inf"),
            ("BLK-25", "makefile"),
            ("BLK-27", "dockerfile"),
            ("BLK-36", "web.config .user.ini user.ini .htaccess .htpasswd"),
        )
        for name in names.split()
    }
)

# Before the last extension (invoice.exe.txt) only these are refused: nobody writes them by chance. The others of the
# table are also domains and words (report.com.txt, readme.js.txt, photo.img.jpg) and harmless behind a safe ending.
_INNER: Final = (
    "exe scr cpl pif msi msp msix appx bat cmd ps1 vbs vbe jse wsf wsh hta lnk url scf chm iso vhd vhdx wim jar jnlp "
    "settingcontent-ms library-ms search-ms searchconnector-ms appref-ms xll wll onepkg msc"
)
FORBIDDEN_INNER: Final[frozenset[str]] = frozenset(_INNER.split())


def forbidden_by_name(extensions: tuple[str, ...], name: str, known: frozenset[str]) -> Vector | None:
    """The BLK row that refuses a file of this name, or None.

    `extensions` are the name's dotted endings, last first (`policies.names.extensions`). Behind the last one the walk
    goes on only through `known` extensions: `x.exe.pdf.txt` is a stack of endings, `目次.exe の使い方.txt` is not.
    """
    if found := FORBIDDEN_NAMES.get(name.lower()):
        return found
    for depth, extension in enumerate(extensions):
        if extension in FORBIDDEN_EXTENSIONS and (depth == 0 or extension in FORBIDDEN_INNER):
            return FORBIDDEN_EXTENSIONS[extension]
        if extension not in known and extension not in FORBIDDEN_EXTENSIONS:
            return None
    return None
