# Runs every command of mtp-users on generated TOML files of three proxies and compares the values
# before and after with tomllib. Arguments: the program, the number of files of each proxy.
import random, subprocess, tomllib, os, sys, tempfile, copy, datetime
BIN=sys.argv[1]; N=int(sys.argv[2]) if len(sys.argv)>2 else 60
names=["alice","bob","max power","Елена","o'neil","x.y","under_score","dash-dash",'say "hi"',"1234","back\\slash","a#b"]
def sec(r): return ''.join(r.choice("0123456789abcdef") for _ in range(32))
def key(r,n):
    bare=all(c.isascii() and (c.isalnum() or c in '_-') for c in n)
    if bare and r.random()<.7: return n
    if "'" not in n and r.random()<.4: return "'"+n+"'"
    return '"'+n.replace('\\','\\\\').replace('"','\\"')+'"'
def val(r,s):
    return ("'%s'" if r.random()<.3 else '"%s"')%s
def cm(r): return r.choice(["","","","  # note","\t# } x ="])
def telemt(r):
    us=r.sample(names,r.randint(0,5)); out=[]
    if r.random()<.5: out+=["# telemt","[general]","use_middle_proxy = false",""]
    if r.random()<.5: out+=['[general.links]','public_host = "proxy.example"','show = "*"','']
    out+=["[server]","port = 8443",""]
    style=r.choice(["table","table","table","dotted","inline"])
    ind=r.choice(["","","  ","\t"]); eq=r.choice([" = ","=","  =  "])
    if style=="table":
        out+=[ind+"[access.users]"+cm(r)]
        if r.random()<.3: out+=["# format: name = secret"]
        for u in us:
            out+=[ind+key(r,u)+eq+val(r,sec(r))+cm(r)]
            if r.random()<.2: out+=["# between",""]
    elif style=="dotted":
        out+=["[access]"]
        for u in us: out+=[ind+"users."+key(r,u)+eq+val(r,sec(r))+cm(r)]
        if not us: out+=["users = {}"]
    else:
        out+=["[access]","users = {"+", ".join((" " if i==0 else "")+key(r,u)+eq+val(r,sec(r)) for i,u in enumerate(us))+(" }" if us else "}")]
    if us and r.random()<.5 and style=="table": out+=["","[access.user_max_tcp_conns]"]+[key(r,u)+" = 5" for u in us[::2]]
    if us and r.random()<.3 and style=="table": out+=["","[access.user_expirations]",key(r,us[0])+' = "2030-01-31T00:00:00Z"']
    if us and r.random()<.3 and style=="table": out+=["","[access.user_rate_limits."+key(r,us[0])+"]","up_bps = 5","down_bps = 6"]
    if us and r.random()<.3 and style=="table": out+=["","[access.user_enabled]",key(r,us[-1])+" = true"]
    if r.random()<.5: out+=["","[censorship]",'tls_domain = "a.example"']
    return out,us,"telemt"
def mtg(r):
    us=r.sample(names,r.randint(1,5)); dom="a.example".encode().hex()
    out=['bind-to = "0.0.0.0:3128"'+cm(r)]
    if r.random()<.5: out+=["debug = true"]
    if r.random()<.5: out+=['public-ipv4 = "203.0.113.5"']
    out+=["","[secrets]"]
    for u in us: out+=[key(r,u)+r.choice([" = ","="])+val(r,"ee"+sec(r)+dom)+cm(r)]
    if r.random()<.3: out+=["","[secret-limits."+key(r,us[0])+"]",'quota = "10GiB"']
    if r.random()<.3: out+=["","[network]",'dns = "https://1.1.1.1"']
    return out,us,"mtg-multi"
def tele(r):
    ok=[n for n in names if n.isascii() and all(c.isalnum() or c in "_-" for c in n)]+["carol","dave","eve"]
    us=r.sample(ok,r.randint(1,5)); out=["port = 443"+cm(r)]
    if r.random()<.5: out+=['domain = "a.example"']
    for u in us:
        out+=[""]*r.randint(0,2)+["[[secret]]"+cm(r),'key = "%s"'%sec(r)+cm(r),'label = "%s"'%u]
        if r.random()<.3: out+=["limit = 5"+cm(r)]
        if r.random()<.3: out+=['quota = "10G"']
        if r.random()<.3: out+=["expires = 2030-01-31T00:00:00Z"+cm(r)]
    if r.random()<.3: out+=["","[[dc_override]]","dc = 2",'host = "a"',"port = 443"]
    return out,us,"teleproxy"
fails=0; refused={}
def run(f,*a,ok=True):
    p=subprocess.run([BIN,*a,"--config",f],capture_output=True,text=True)
    return p
def model(kind,text):
    d=tomllib.loads(text)
    if kind=="teleproxy":
        m={}
        for i,s in enumerate(d.get("secret",[])):
            m[s.get("label") or "secret_%d"%i]=s
        rest={k:v for k,v in d.items() if k!="secret"}
        return m,rest
    if kind=="telemt":
        a=d.get("access",{})
        T=["users","user_enabled","user_ad_tags","user_max_tcp_conns","user_expirations","user_data_quota","user_rate_limits","user_source_deny","user_max_unique_ips"]
        m={}
        for t in T:
            for n,v in a.get(t,{}).items(): m.setdefault(n,{})[t]=v
        rest=copy.deepcopy(d); 
        for t in T: rest.get("access",{}).pop(t,None)
        return m,rest
    m={}
    for t in ["secrets","secret-ad-tags","secret-limits"]:
        for n,v in d.get(t,{}).items(): m.setdefault(n,{})[t]=v
    rest={k:v for k,v in d.items() if k not in ["secrets","secret-ad-tags","secret-limits"]}
    return m,rest
for seed in range(1,N+1):
  for gen in (telemt,mtg,tele):
    r=random.Random(seed*7+len(gen.__name__))
    out,us,kind=gen(r)
    text="\n".join(out)+r.choice(["\n","\n","\n\n",""])
    if r.random()<.2: text=text.replace("\n","\r\n")
    try: tomllib.loads(text)
    except Exception as e: print("gen",kind,e); continue
    d=tempfile.mkdtemp(dir="/dev/shm"); f=d+"/config.toml"; open(f,"w",newline="").write(text)
    rd=lambda: open(f,newline="").read()
    def die(msg,p=None):
        global fails; fails+=1
        print("FAIL",kind,seed,msg,p.stderr if p else ""); print(text); print("-----"); print(rd())
    try:
        p=run(f,"names"); 
        if p.returncode or p.stdout.split("\n")[:-1]!=us: die("names %r %r"%(p.stdout,us),p); continue
        new="new-user"; m0,r0=model(kind,text)
        p=run(f,"add",new); 
        if p.returncode: refused.setdefault((kind,p.stderr.split(": ",2)[-1]),0); refused[(kind,p.stderr.split(": ",2)[-1])]+=1; continue
        t1=rd(); m1,r1=model(kind,t1)
        if r1!=r0 or {k:v for k,v in m1.items() if k!=new}!=m0 or new not in m1: die("add"); continue
        lim=["--expires","2030-12-31"]
        if kind!="mtg-multi": lim+=["--max-conns","7","--quota","10G"]
        p=run(f,"limit",new,*lim)
        if p.returncode: 
            if kind!="mtg-multi": die("limit",p); continue
            refused[(kind,"limit")]=refused.get((kind,"limit"),0)+1
        t2=rd(); m2,r2=model(kind,t2)
        if r2!=r0 or {k:v for k,v in m2.items() if k!=new}!=m0: die("limit2"); continue
        if kind=="telemt" and (m2[new]["user_max_tcp_conns"],m2[new]["user_expirations"],m2[new]["user_data_quota"])!=(7,"2030-12-31T00:00:00Z",10**10): die("limit3"); continue
        if kind=="teleproxy" and (m2[new]["limit"],m2[new]["quota"])!=(7,10**10): die("limit4"); continue
        for u in us[:1]+[new]:
            b=rd(); p=run(f,"disable",u)
            if p.returncode: die("disable "+u,p); break
            md,rd_=model(kind,rd())
            if rd_!=r0 or md==model(kind,b)[0]: die("disable2"); break
            pl=run(f,"list","--format","json"); 
            if '"disabled":true' not in pl.stdout: die("disable list"); break
            p=run(f,"enable",u)
            if p.returncode or rd()!=b: die("enable "+u,p); break
            p=run(f,"rotate",u)
            if p.returncode: die("rotate",p); break
            mr,rr=model(kind,rd()); mb,_=model(kind,b)
            if rr!=r0 or mr.keys()!=mb.keys() or mr[u]==mb[u] or {k:v for k,v in mr.items() if k!=u}!={k:v for k,v in mb.items() if k!=u}: die("rotate2"); break
        else:
            p=run(f,"rename",new,"newer")
            if p.returncode: die("rename",p); continue
            m3,r3=model(kind,rd())
            if r3!=r0 or "newer" not in m3 or new in m3: die("rename2"); continue
            p=run(f,"remove","newer")
            if p.returncode: die("remove",p); continue
            a,b=rd(),text
            if len(a)!=len(b) or sum(x!=y for x,y in zip(a,b))>32: die("identity"); continue
            if len(us)>1:
                p=run(f,"remove",us[0])
                if p.returncode: die("remove own",p); continue
                m4,r4=model(kind,rd())
                if r4!=r0 or m4.keys()!=m0.keys()-{us[0]}: die("remove own2"); continue
            p=run(f,"check")
            p=run(f,"export"); 
            if p.returncode: die("export",p)
            p=run(f,"list","--links","--server","h")
            if p.returncode: die("links",p)
    except Exception as e: die(repr(e))
print("fails",fails,refused)
